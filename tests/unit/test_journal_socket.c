// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries for a journald that reads, one that does not, and one that is gone. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit_test.h"
#include "util/journal_socket.h"

/* More than any queue takes (net.unix.max_dgram_qlen, or the send buffer). */
#define ENTRIES 100000

static char directory[] = "/tmp/kvmexitd-journal-XXXXXX";
static char path[64];

static int listen_here(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int send_two(const char *message)
{
	char buf[256];
	struct iovec fields[2] = { { buf, 0 }, { (char *)(uintptr_t) "PRIORITY=6", 10 } };

	fields[0].iov_len = (size_t)snprintf(buf, sizeof(buf), "MESSAGE=%s", message);
	return journal_socket_send(fields, 2);
}

static void expect(int fd, const void *wanted, size_t len)
{
	char buf[4096];

	assert_int_equal(recv(fd, buf, sizeof(buf), 0), len);
	assert_memory_equal(buf, wanted, len);
}

static void test_format(void **state)
{
	static const char plain[] = "MESSAGE=a=b\nPRIORITY=6\n";
	static const char lines[] = "MESSAGE\n\3\0\0\0\0\0\0\0a\nb\nPRIORITY=6\n";
	uint64_t dropped = journal_socket_dropped();
	int fd = listen_here();

	(void)state;
	assert_int_equal(send_two("a=b"), 0);
	expect(fd, plain, sizeof(plain) - 1);
	assert_int_equal(send_two("a\nb"), 0);
	expect(fd, lines, sizeof(lines) - 1);
	assert_true(journal_socket_dropped() == dropped);
	close(fd);
}

/* Without a wait: a send that does would stand here for ever, as nobody reads. */
static void test_hung(void **state)
{
	uint64_t dropped = journal_socket_dropped();
	int fd = listen_here(), r = 0, i;
	char buf[4096];

	(void)state;
	for (i = 0; i < ENTRIES && r == 0; i++)
		r = send_two("x");
	assert_int_equal(r, -EAGAIN);
	assert_int_equal(send_two("x"), -EAGAIN);
	assert_int_equal(journal_socket_dropped() - dropped, 2);

	/* It reads again. */
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
	assert_int_equal(send_two("y"), 0);
	expect(fd, "MESSAGE=y\nPRIORITY=6\n", 21);
	assert_int_equal(journal_socket_dropped() - dropped, 2);
	close(fd);
}

static void test_restarted(void **state)
{
	uint64_t dropped = journal_socket_dropped();
	int fd = listen_here();

	(void)state;
	assert_int_equal(send_two("x"), 0);
	close(fd);
	assert_int_equal(send_two("x"), -ECONNREFUSED);
	unlink(path);
	assert_int_equal(send_two("x"), -ENOENT);
	assert_int_equal(journal_socket_dropped() - dropped, 2);

	fd = listen_here();
	assert_int_equal(send_two("y"), 0);
	expect(fd, "MESSAGE=y\nPRIORITY=6\n", 21);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", directory);
	journal_socket_set_path(path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_hung),
		cmocka_unit_test(test_restarted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
