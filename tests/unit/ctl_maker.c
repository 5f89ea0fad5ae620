// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMs of real processes.
 */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_maker.h"
#include "util/clock.h"

#define FIRST_ID   100
#define LINE_BYTES 64

#define MAKER_LATER_NS (7200 * NS_PER_S)

/* 2023-11-14T22:13:20Z */
#define MAKER_DAY_NS INT64_C(1700000000000000000)

static void path_of(const struct fixture *f, char path[static 64])
{
	(void)snprintf(path, 64, "%s/vms", f->dir);
}

static const struct vm *find(const struct fixture *f, uint32_t pid)
{
	const struct vm *vm;

	for (vm = registry_first_live(f->registry); vm; vm = registry_next(vm))
		if (vm->pid == pid)
			return vm;
	return NULL;
}

void maker_later(void)
{
	static uint64_t boottime_ns, later_ns;

	if (!boottime_ns)
		boottime_ns = clock_boottime_ns();
	later_ns += MAKER_LATER_NS;
	clock_simulate(boottime_ns + later_ns, MAKER_DAY_NS - (int64_t)boottime_ns);
}

static void make(struct fixture *f, const char *line)
{
	static uint64_t id = FIRST_ID;
	uint32_t pid = (uint32_t)strtoul(line, NULL, 10);
	const char *what = strchr(line, ' ');
	const struct vm *vm;

	if (strcmp(line, "later") == 0) {
		maker_later();
		return;
	}
	if (what && what[1] == '+') {
		vm = find(f, pid);
		if (!vm)
			_exit(1);
		fixture_count(f, vm->id, 0, CODE_CPUID, false,
			      vm->exits + strtoul(what + 2, NULL, 10));
	} else {
		fixture_create(f, ++id, pid, "made");
		fixture_count(f, id, 0, CODE_CPUID, false, MAKER_EXITS);
		if (!what)
			fixture_destroy(f, id);
	}
	fixture_publish(f);
}

/* A line is written at once, so it is read at once; of several, one by one. */
static int on_line(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char line[LINE_BYTES];
	size_t len = 0;

	(void)source;
	(void)revents;
	while (len + 1 < sizeof(line) && read(fd, &line[len], 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	make(userdata, line);
	return 0;
}

void maker_start(struct fixture *f)
{
	char path[64];
	int fd;

	path_of(f, path);
	/* Of a server that was there before, perhaps. */
	(void)unlink(path);
	if (mkfifo(path, 0666) < 0)
		_exit(1);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || sd_event_add_io(f->event, NULL, fd, EPOLLIN, on_line, f) < 0)
		_exit(1);
}

void maker_remove(struct fixture *f)
{
	char path[64];

	path_of(f, path);
	(void)unlink(path);
}
