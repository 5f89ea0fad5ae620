// SPDX-License-Identifier: GPL-2.0-or-later
/* The VM's name in a VMM's command line. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "source/vm_name.h"
#include "util/text.h"
#include "util/util.h"

/* Field of /proc/PID/stat, counted from the state, which is the third. */
#define START_TIME_FIELD (22 - 3)

/* QEMU's escape: a comma in a value is written twice. */
static size_t qemu_value(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		if (*text == ',') {
			if (text[1] != ',')
				break;
			text++;
		}
		out[n++] = *text;
	}
	out[n] = '\0';
	return n;
}

/* "web", "guest=web,debug-threads=on", "debug-threads=on,guest=web". */
static bool qemu_name(const char *text, char *out, size_t size)
{
	bool first = true;

	while (*text) {
		if (strncmp(text, "guest=", strlen("guest=")) == 0)
			return qemu_value(text + strlen("guest="), out, size) > 0;
		if (first && !memchr(text, '=', strcspn(text, ",")))
			return qemu_value(text, out, size) > 0;

		first = false;
		while (*text && !(text[0] == ',' && text[1] != ','))
			text += text[0] == ',' ? 2 : 1;
		if (*text)
			text++;
	}
	return false;
}

static bool plain_name(const char *text, char *out, size_t size)
{
	size_t len = strnlen(text, size - 1);

	memcpy(out, text, len);
	out[len] = '\0';
	return len > 0;
}

/* Names of sockets that many a VMM's socket has. */
static bool says_nothing(const char *name)
{
	static const char *const common[] = { "",	 "api",	  "clh",
					      "ch",	 "sock",  "cloud-hypervisor",
					      "clh-api", "ch-api" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(common); i++) {
		if (strcmp(name, common[i]) == 0)
			return true;
	}
	return false;
}

/* Cuts the last component off path, without what it ends with. */
static char *cut_last(char *path)
{
	static const char *const ends[] = { ".sock", ".socket", "-socket", "-api" };
	char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t i, len = strlen(name), end;

	if (slash)
		*slash = '\0';
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		end = strlen(ends[i]);
		if (len > end && strcmp(name + len - end, ends[i]) == 0) {
			len -= end;
			name[len] = '\0';
		}
	}
	return name;
}

/*
 * Cloud Hypervisor has no name for a VM: what knows one from the other is its
 * socket, "/run/ch/web.sock" or "path=/run/vc/vm/web/clh-api.sock".
 */
static bool socket_name(const char *text, char *out, size_t size)
{
	char path[PATH_MAX];
	const char *name;
	size_t len;

	if (strncmp(text, "path=", strlen("path=")) == 0)
		text += strlen("path=");
	if (strncmp(text, "fd=", strlen("fd=")) == 0)
		return false;
	len = strcspn(text, ",");
	if (len >= sizeof(path))
		return false;
	memcpy(path, text, len);
	path[len] = '\0';

	name = cut_last(path);
	if (says_nothing(name))
		name = strchr(path, '/') && name != path ? cut_last(path) : "";
	return !says_nothing(name) && plain_name(name, out, size);
}

/* How VMMs are told the name. The first that fits the program counts. */
static const struct {
	const char *program; /* part of argv[0]'s last component */
	const char *options[3];
	bool (*parse)(const char *text, char *out, size_t size);
} vmms[] = {
	{ "firecracker", { "--id" }, plain_name },
	{ "cloud-hypervisor", { "--api-socket" }, socket_name },
	{ "crosvm", { "--name" }, plain_name },
	{ "kvmtool", { "--name", "-n" }, plain_name },
	{ "lkvm", { "--name", "-n" }, plain_name },
	{ "", { "-name", "--name" }, qemu_name }, /* QEMU, under whatever name */
};

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The value if arg is "option=value", next if it is "option". */
static const char *option_value(const char *arg, const char *next, const char *option)
{
	size_t len = strlen(option);

	if (strncmp(arg, option, len) != 0)
		return NULL;
	if (arg[len] == '=' && strncmp(option, "--", 2) == 0)
		return arg + len + 1;
	return arg[len] == '\0' ? next : NULL;
}

bool vm_name_parse(const char *cmdline, size_t len, char out[static VM_NAME_MAX])
{
	_cleanup_free_ char *copy = malloc(len + 1);
	const char *arg, *end, *next, *value;
	size_t vmm = 0, i;
	char raw[VM_NAME_MAX];

	if (!copy)
		return false;
	memcpy(copy, cmdline, len);
	copy[len] = '\0';
	end = copy + len;

	while (!strstr(last_component(copy), vmms[vmm].program))
		vmm++;

	for (arg = copy; arg < end; arg = next) {
		next = arg + strlen(arg) + 1;
		if (arg == copy)
			continue;
		for (i = 0; i < ARRAY_SIZE(vmms[vmm].options) && vmms[vmm].options[i]; i++) {
			value = option_value(arg, next < end ? next : NULL, vmms[vmm].options[i]);
			if (value && vmms[vmm].parse(value, raw, sizeof(raw)) &&
			    text_clean(out, VM_NAME_MAX, raw, strlen(raw)))
				return true;
		}
	}
	return false;
}

bool vm_name_parse_machine(const char *machine, char out[static VM_NAME_MAX])
{
	static const char *const drivers[] = { "qemu-", "ch-" };
	const char *at, *end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (strncmp(machine, drivers[i], strlen(drivers[i])) != 0)
			continue;
		at = machine + strlen(drivers[i]);
		for (end = at; isdigit((unsigned char)*end); end++)
			;
		if (end > at && end[0] == '-' && end[1]) {
			machine = end + 1;
			break;
		}
	}
	return text_clean(out, VM_NAME_MAX, machine, strlen(machine)) > 0;
}

bool vm_name_parse_start(const char *stat, uint64_t *ticks)
{
	const char *at = strrchr(stat, ')'); /* the name before may have anything in it */
	char *end = NULL;
	int field;

	if (!at || at[1] != ' ')
		return false;

	for (at += 2, field = 0; field < START_TIME_FIELD; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*ticks = strtoull(at, &end, 10);
	return errno == 0 && (*end == ' ' || *end == '\n');
}
