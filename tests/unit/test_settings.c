// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files: what they may say, and which of them are read. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings/settings.h"
#include "unit_test.h"

static int parse(const char *text, struct settings *settings, struct setting_error *error)
{
	/* Of just the right size, so that reading on is noticed. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = settings_parse(copy, len, settings, error);
	free(copy);
	return r;
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} spans[] = {
		{ "0", 0 },
		{ "90", 90 },
		{ "90s", 90 },
		{ "1min 30s", 90 },
		{ "1m30s", 90 },
		{ "2 h", 7200 },
		{ "1d", 86400 },
		{ "5000ms", 5 },
		{ "1hour 1 minute 1second", 3661 },
		{ "  7sec ; why", 7 },
		{ "00060", 60 },
		{ "60\r", 60 },
	};
	struct setting_error error;
	struct settings s;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		settings_init(&s);
		snprintf(text, sizeof(text), "[Journal]\nSummaryIntervalSec=%s\n", spans[i].text);
		assert_int_equal(parse(text, &s, &error), 0);
		assert_int_equal(s.summary_interval_s, spans[i].seconds);
	}

	settings_init(&s);
	assert_int_equal(parse("# a\n\n[Kernel]\nIntervalMs = 2s\n\tBatchExits=500\n"
			       "[Metrics]\nDetails=512\n"
			       "[Limits]\nReceiveBufferBytes=4M\nClients=7",
			       &s, &error),
			 0);
	assert_int_equal(s.kernel_interval_ms, 2000);
	assert_int_equal(s.kernel_batch_exits, 500);
	assert_true(s.kernel_min_spacing_ms == SETTING_UNSET);
	assert_int_equal(s.receive_buffer, 4 << 20);
	assert_int_equal(s.clients, 7);
	assert_int_equal(s.metrics_details, 512);

	/* Nothing is what it is normally. */
	assert_int_equal(parse("[Kernel]\nIntervalMs=\n[Limits]\nClients=", &s, &error), 0);
	assert_true(s.kernel_interval_ms == SETTING_UNSET);
	assert_int_equal(s.clients, 2048);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *what;
	} cases[] = {
		{ "[Journal]\n#\nSummaryIntervalSec=1x", 3,
		  "SummaryIntervalSec= takes a time from 0s to 86400s, not '1x'" },
		{ "[Journal]\nSummaryIntervalSec=2d\n", 2, "not '2d'" },
		{ "[Metrics]\nDetails=513\n", 2, "takes a number from 0 to 512, not '513'" },
		{ "[Journal]\nSummaryIntervalSec=500ms\n", 2, "not '500ms'" },
		{ "[Journal]\nSummaryIntervalSec=-1\n", 2, "not '-1'" },
		{ "[Journal]\nSummaryIntervalSec=1 2\033[m\n", 2, "not '1 2?[m'" },
		{ "[Journal]\nSummaryIntervalSec=99999999999999999999\n", 2, "not '9999" },
		{ "[Kernel]\nIntervalMs=9\n", 2, "from 10ms to 3600000ms, not '9'" },
		{ "[Kernel]\nBatchExits=99\n", 2, "takes a number from 100 to" },
		{ "[Kernel]\nBatchExits=1k\n", 2, "not '1k'" },
		{ "[Limits]\nReceiveBufferBytes=17179869185G\n", 2, "takes bytes from 4096" },
		{ "\nClients=3\n", 2, "Clients= is in no section" },
		{ "[limits]\nClients=3\n", 2, "there is no section [limits]" },
		{ "[Limits]\nclients=3\n", 2, "[Limits] has no setting clients=" },
		{ "[Kernel]\nClients=3\n", 2, "[Kernel] has no setting Clients=" },
		{ "[Limits\nClients=3\n", 1, "this is no comment, [Section] or Name=value" },
		{ "[Limits]\nClients\n", 2, "this is no comment, [Section] or Name=value" },
	};
	struct setting_error error;
	struct settings s, before;
	char text[400];
	size_t i;

	(void)state;
	settings_init(&s);
	s.clients = 99;
	before = s;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text, &s, &error), -EINVAL);
		assert_int_equal(error.line, cases[i].line);
		if (!strstr(error.text, cases[i].what))
			fail_msg("'%s' is not in '%s'", cases[i].what, error.text);
		assert_memory_equal(&s, &before, sizeof(s));
	}

	/* What is right before it is not taken, either. */
	assert_int_equal(parse("[Limits]\nClients=5\nClients=x", &s, &error), -EINVAL);
	assert_memory_equal(&s, &before, sizeof(s));

	/* inih would cut the one and end at the other. */
	memset(text, 'x', sizeof(text));
	memcpy(text, "[Limits]\nClients=", 17);
	assert_int_equal(settings_parse(text, sizeof(text), &s, &error), -EINVAL);
	assert_int_equal(error.line, 2);
	assert_non_null(strstr(error.text, "longer than"));
	assert_int_equal(settings_parse("[Limits]\nClients=1\0002", 20, &s, &error), -EINVAL);
	assert_int_equal(error.line, 2);
	assert_non_null(strstr(error.text, "NUL"));
}

/* Comments may be of any length, wherever they are; so may blanks. */
static void test_long_comments(void **state)
{
	struct setting_error error;
	char text[8192], fill[1000];
	struct settings s;

	(void)state;
	memset(fill, 'c', sizeof(fill));
	fill[sizeof(fill) - 1] = '\0';
	settings_init(&s);
	snprintf(text, sizeof(text),
		 "# %s\n;%s\n%-300s# %s\n[Limits] ; %s\n"
		 "Clients=5 ; %s ; %s\n%300s[Kernel]%-300s\nIntervalMs=20",
		 fill, fill, "", fill, fill, fill, fill, "", "");
	assert_int_equal(parse(text, &s, &error), 0);
	assert_int_equal(s.clients, 5);
	assert_int_equal(s.kernel_interval_ms, 20);

	/* Only behind a blank does it begin one. */
	assert_int_equal(parse("[Limits]\nClients=5;6\n", &s, &error), -EINVAL);
	assert_non_null(strstr(error.text, "not '5;6'"));

	/* What is wrong behind one has its own line number. */
	snprintf(text, sizeof(text), "[Limits]\n#%s\nClients=0\n", fill);
	assert_int_equal(parse(text, &s, &error), -EINVAL);
	assert_int_equal(error.line, 3);
}

static void test_override(void **state)
{
	struct settings s, over;

	(void)state;
	settings_init(&s);
	settings_init_unset(&over);
	over.summary_interval_s = 0;
	settings_override(&s, &over);
	assert_int_equal(s.summary_interval_s, 0);
	assert_int_equal(s.clients, 2048);
	assert_true(s.kernel_interval_ms == SETTING_UNSET);
}

static char root[] = "/tmp/kvmexitd-settings-XXXXXX";

static void put(const char *directory, const char *name, const char *text)
{
	char command[512], path[512];
	FILE *file;

	snprintf(command, sizeof(command), "mkdir -p '%s%s'", root, directory);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s%s/%s", root, directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

#define DROP_INS "/kvmexitd.conf.d"

static void test_files(void **state)
{
	struct settings s;
	char *error, path[512];

	(void)state;
	assert_int_equal(settings_load(&s, root, NULL, NULL, &error), 0);
	assert_int_equal(s.clients, 2048);

	put("/usr/lib", "kvmexitd.conf", "[Limits]\nClients=1\n[Kernel]\nBatchExits=100\n");
	assert_int_equal(settings_load(&s, root, NULL, NULL, &error), 0);
	assert_int_equal(s.kernel_batch_exits, 100);

	/* The admin's main file stands instead of a package's, drop-ins over both. */
	put(SYSCONFDIR, "kvmexitd.conf", "[Limits]\nClients=2\n");
	put("/usr/lib" DROP_INS, "10-a.conf", "[Limits]\nClients=3\n[Kernel]\nIntervalMs=3s\n");
	put("/usr/lib" DROP_INS, "50-b.conf", "[Limits]\nClients=4\n");
	put("/run" DROP_INS, "20-c.conf", "[Kernel]\nIntervalMs=5s\nMinSpacingMs=50\n");
	put("/run" DROP_INS, "ignored.conf~", "nonsense");
	assert_int_equal(settings_load(&s, root, NULL, NULL, &error), 0);
	assert_true(s.kernel_batch_exits == SETTING_UNSET);
	assert_int_equal(s.clients, 4);
	assert_int_equal(s.kernel_interval_ms, 5000);
	assert_int_equal(s.kernel_min_spacing_ms, 50);

	/* Of one name, only the first; an empty one masks. */
	put(SYSCONFDIR DROP_INS, "50-b.conf", "");
	put(SYSCONFDIR DROP_INS, "20-c.conf", "[Kernel]\nMinSpacingMs=60\n");
	assert_int_equal(settings_load(&s, root, NULL, NULL, &error), 0);
	assert_int_equal(s.clients, 3);
	assert_int_equal(s.kernel_interval_ms, 3000);
	assert_int_equal(s.kernel_min_spacing_ms, 60);

	put("/run" DROP_INS, "99.conf", "[Limits]\nClients=none\n");
	memset(&s, 0, sizeof(s));
	assert_int_equal(settings_load(&s, root, NULL, NULL, &error), -EINVAL);
	snprintf(path, sizeof(path),
		 "%s/run/kvmexitd.conf.d/99.conf:2: Clients= takes a number from 1 to 10000, "
		 "not 'none'",
		 root);
	assert_string_equal(error, path);
	assert_int_equal(s.clients, 0);
	free(error);

	/* One file named is the only one, and has to be there. */
	snprintf(path, sizeof(path), "%s/usr/lib/kvmexitd.conf", root);
	assert_int_equal(settings_load(&s, root, path, NULL, &error), 0);
	assert_int_equal(s.clients, 1);
	assert_true(s.kernel_interval_ms == SETTING_UNSET);
	assert_int_equal(settings_load(&s, root, "/no/such/file", NULL, &error), -EINVAL);
	assert_string_equal(error, "/no/such/file: No such file or directory");
	free(error);
}

/* Every setting is in the sample, as a comment, with the value that it has without. */
static void test_sample(void **state)
{
	char line[512], text[8192] = "", wanted[128];
	const struct setting *setting;
	struct setting_error error;
	struct settings s, normal;
	bool comment;
	size_t len;
	FILE *file = fopen(SOURCE_DIR "/systemd/kvmexitd.conf", "r");

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		comment = line[0] == '#' && line[1] >= 'A' && line[1] <= 'Z' && strchr(line, '=');
		len = strlen(text);
		snprintf(text + len, sizeof(text) - len, "%s", line + comment);
	}
	fclose(file);

	settings_init(&normal);
	settings_init(&s);
	if (parse(text, &s, &error) < 0)
		fail_msg("line %u: %s", error.line, error.text);
	for (setting = setting_table; setting->name; setting++) {
		snprintf(wanted, sizeof(wanted), "\n%s=", setting->name);
		if (!strstr(text, wanted))
			fail_msg("no %s=", setting->name);
		if (setting->normal != SETTING_UNSET)
			assert_int_equal(*setting_value(&s, setting),
					 *setting_value(&normal, setting));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_long_comments),
		cmocka_unit_test(test_override),
		cmocka_unit_test_setup_teardown(test_files, make_root, remove_root),
		cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
