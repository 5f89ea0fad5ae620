// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets to listen on: found, left over, in use, or no sockets at all.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_fixture.h"

#define STATUS CALL(EXITS ".Status")

static void expect_alive(struct fixture *f)
{
	int fd = fixture_connect(f);
	json_t *reply = fixture_call(f, fd, STATUS);

	at(reply, "parameters.kernel");
	json_decref(reply);
	close(fd);
}

/* A server beside the fixture's, which is gone then. */
static struct server *make_server(struct fixture *f)
{
	struct server *server;

	f->server = server_free(f->server);
	assert_int_equal(server_new(&server, f->event, f->registry, &f->status), 0);
	return server;
}

static int bind_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void test_mode(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	mode_t mask = umask(0);

	f->server = make_server(f);
	/* The path went with the server that had made it. */
	assert_int_equal(stat(f->path, &st), -1);
	assert_int_equal(errno, ENOENT);

	assert_int_equal(server_listen_path(f->server, f->path), 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	/* And our own umask is as it was. */
	assert_int_equal(umask(mask), 0);
	expect_alive(f);
}

static void test_stale(void **state)
{
	struct fixture *f = *state;

	f->server = make_server(f);
	close(bind_socket(f->path));
	assert_int_equal(server_listen_path(f->server, f->path), 0);
	expect_alive(f);
}

static void test_in_use(void **state)
{
	struct fixture *f = *state;
	struct server *second;

	assert_int_equal(server_new(&second, f->event, f->registry, &f->status), 0);
	assert_int_equal(server_listen_path(second, f->path), -EADDRINUSE);
	server_free(second);
	expect_alive(f);
}

static void test_no_socket(void **state)
{
	struct fixture *f = *state;
	char longer[200];
	int fd;

	f->server = make_server(f);
	fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(server_listen_path(f->server, f->path), -EEXIST);
	/* What is not ours stays. */
	assert_int_equal(unlink(f->path), 0);

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(server_listen_path(f->server, longer), -ENAMETOOLONG);
	/* Which the kernel would take for an abstract one that is nobody's. */
	assert_int_equal(server_listen_path(f->server, ""), -EINVAL);
	snprintf(longer, sizeof(longer), "%s/nowhere/socket", f->dir);
	assert_int_equal(server_listen_path(f->server, longer), -ENOENT);
}

/* A path that is somebody else's by now stays theirs. */
static void test_taken_over(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	int fd;

	f->server = make_server(f);
	assert_int_equal(server_listen_path(f->server, f->path), 0);
	assert_int_equal(unlink(f->path), 0);
	fd = bind_socket(f->path);
	assert_int_equal(listen(fd, 1), 0);
	f->server = make_server(f);
	assert_int_equal(lstat(f->path, &st), 0);
	assert_int_equal(server_listen_path(f->server, f->path), -EADDRINUSE);
	close(fd);

	/* Nor is what is no socket any more removed. */
	assert_int_equal(server_listen_path(f->server, f->path), 0);
	assert_int_equal(unlink(f->path), 0);
	fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	f->server = make_server(f);
	assert_int_equal(unlink(f->path), 0);
}

/* As systemd hands it over; its path is not ours to remove. */
static void test_activated(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct fixture *f = *state;
	char other[64];
	int fd, pair[2];

	f->server = make_server(f);
	fd = bind_socket(f->path);
	assert_int_equal(server_listen_fd(f->server, fd), -EINVAL);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(server_listen_fd(f->server, fd), 0);
	expect_alive(f);
	f->server = server_free(f->server);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(access(f->path, F_OK), 0);

	assert_int_equal(server_new(&f->server, f->event, f->registry, &f->status), 0);
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(server_listen_fd(f->server, pair[0]), -ENOTSOCK);
	close(pair[0]);
	close(pair[1]);

	/* Who may connect is told by a path's mode; a port has none. */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(server_listen_fd(f->server, fd), -EINVAL);
	close(fd);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	snprintf(other, sizeof(other), "%.40s/packets", f->dir);
	strcpy(address.sun_path, other);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(server_listen_fd(f->server, fd), -EINVAL);
	close(fd);
	assert_int_equal(unlink(other), 0);
}

/* A descriptor and a path, as for one more way in. */
static void test_two(void **state)
{
	struct fixture *f = *state;
	char first[64], second[64];

	strcpy(first, f->path);
	snprintf(second, sizeof(second), "%.40s/second", f->dir);
	assert_int_equal(server_listen_path(f->server, second), 0);
	expect_alive(f);
	strcpy(f->path, second);
	expect_alive(f);
	strcpy(f->path, first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mode),      TEST(test_stale), TEST(test_in_use),     TEST(test_no_socket),
		TEST(test_activated), TEST(test_two),	TEST(test_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
