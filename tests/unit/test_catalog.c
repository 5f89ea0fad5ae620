// SPDX-License-Identifier: GPL-2.0-or-later
/* Each kind of journal entry is explained, and no kind comes too often. */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "unit_test.h"
#include "util/ratelimit.h"

static void test_ratelimit(void **state)
{
	struct ratelimit limit = { .interval_ns = 10, .burst = 2 };

	(void)state;
	assert_true(ratelimit_pass(&limit, 100));
	assert_true(ratelimit_pass(&limit, 101));
	assert_false(ratelimit_pass(&limit, 102));
	assert_false(ratelimit_pass(&limit, 109));
	assert_int_equal(ratelimit_take_suppressed(&limit, 109), 0);
	assert_int_equal(ratelimit_take_suppressed(&limit, 110), 2);
	assert_int_equal(ratelimit_take_suppressed(&limit, 110), 0);
	assert_true(ratelimit_pass(&limit, 110));
	assert_true(ratelimit_pass(&limit, 111));
	assert_false(ratelimit_pass(&limit, 112));
}

#define IDS_MAX 64

struct ids {
	size_t n;
	char text[IDS_MAX][40];
};

/* What stands behind the prefix in lines of a source file, without quotes. */
static void read_ids(struct ids *ids, const char *path, const char *prefix)
{
	char line[512], *at;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		at = strchr(line, '"');
		at = at ? at + 1 : line + strlen(prefix);
		at[strcspn(at, "\"")] = '\0';
		assert_true(ids->n < IDS_MAX);
		snprintf(ids->text[ids->n++], sizeof(ids->text[0]), "%s", at);
	}
	fclose(f);
}

static bool has_id(const struct ids *ids, const char *id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (strcmp(ids->text[i], id) == 0)
			return true;
	return false;
}

/* Each id is 32 hexadecimal digits, another one, and in the catalog once; no more are. */
static void test_catalog(void **state)
{
	struct ids ids = { 0 }, catalog = { 0 };
	size_t i, j;

	(void)state;
	read_ids(&ids, SOURCE_DIR "/daemon/sink/message_ids.h", "#define MESSAGE_ID_");
	read_ids(&catalog, SOURCE_DIR "/daemon/catalog/kvmexitd.catalog", "-- ");
	assert_true(ids.n > 10);
	assert_int_equal(catalog.n, ids.n);
	for (i = 0; i < ids.n; i++) {
		assert_int_equal(strlen(ids.text[i]), 32);
		assert_int_equal(strspn(ids.text[i], "0123456789abcdef"), 32);
		for (j = 0; j < i; j++)
			assert_string_not_equal(ids.text[i], ids.text[j]);
		if (!has_id(&catalog, ids.text[i]))
			fail_msg("the catalog does not explain %s", ids.text[i]);
		if (!has_id(&ids, catalog.text[i]))
			fail_msg("there is no %s", catalog.text[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratelimit),
		cmocka_unit_test(test_catalog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
