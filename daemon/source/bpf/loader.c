// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitd-bpf-load: the only part of kvmexitd that may load BPF programs. It lives
 * for a moment when kvmexitd asks for it on kvmexitd-bpf.socket, and hands over the
 * maps' descriptors, with which kvmexitd needs no capability.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "source/bpf/hello.h"
#include "source/bpf/layout.h"
#include "source/bpf/load.h"
#include "util/log.h"
#include "util/util.h"

/* kvmexitd says what it wants at once, and reads the answer. */
#define PATIENCE_MS 5000

/* For another request before it ends: loading again is cheap. */
#define IDLE_MS 1000

static void help(const char *program)
{
	printf("Usage: %s [OPTION]\n"
	       "Has the kernel count VM exits by BPF, for kvmexitd, which asks for it on a socket\n"
	       "that systemd passes.\n"
	       "\n"
	       "      --socket=PATH   listen there, and do not end\n"
	       "      --check         only say whether exits can be counted here, and what is in\n"
	       "                      the way; exit status 1 if something is\n"
	       "      --unload        count no more, and leave nothing behind\n"
	       "  -h, --help          show this and exit\n"
	       "      --version       show the version and exit\n",
	       program);
}

static int answer(int fd, int error, const char *text, const int *fds, size_t n_fds)
{
	struct loader_answer answer = { .error = error, .layout = EXITS_LAYOUT };
	struct iovec iov = { .iov_base = &answer, .iov_len = sizeof(answer) };
	char control[CMSG_SPACE(LOADER_MAPS * sizeof(int))] = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	(void)snprintf(answer.text, sizeof(answer.text), "%s", text);
	if (n_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int serve_load(int fd)
{
	int fds[LOADER_MAPS], r, sent;
	char text[LOADER_TEXT_BYTES];
	size_t i;

	r = exits_load(fds, text);
	if (r < 0) {
		log_info("not counting: %s", text);
		return answer(fd, r, text, NULL, 0);
	}
	sent = answer(fd, 0, "", fds, LOADER_MAPS);
	for (i = 0; i < LOADER_MAPS; i++)
		(void)close(fds[i]);
	return sent;
}

static int serve_unload(int fd)
{
	int r = exits_unload();

	return answer(fd, r, r < 0 ? strerror(-r) : "", NULL, 0);
}

static bool wait_for(int fd, int ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int r;

	do
		r = poll(&pollfd, 1, ms);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

static void serve(int fd)
{
	char request = '\0';
	int r = -ETIMEDOUT;

	if (wait_for(fd, PATIENCE_MS) && recv(fd, &request, sizeof(request), MSG_DONTWAIT) == 1) {
		if (request == LOADER_LOAD)
			r = serve_load(fd);
		else if (request == LOADER_UNLOAD)
			r = serve_unload(fd);
		else
			r = -EINVAL;
	}
	if (r < 0)
		log_warning("cannot answer a request: %s", strerror(-r));
}

static int serve_all(int listener, int idle_ms)
{
	int fd;

	while (wait_for(listener, idle_ms)) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		serve(fd);
		(void)close(fd);
	}
	return EXIT_SUCCESS;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(path);
	/* Whoever may connect may have the maps. */
	(void)umask(0177);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	return fd;
}

static int check(void)
{
	char text[LOADER_TEXT_BYTES] = "";

	if (exits_check_host(text) < 0) {
		puts(text);
		return EXIT_FAILURE;
	}
	puts("Exits can be counted by BPF here, as far as can be told without trying.");
	return EXIT_SUCCESS;
}

static int unload(void)
{
	int r = exits_unload();

	if (r < 0)
		log_error("cannot remove what is pinned: %s", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(const char *path)
{
	int fd = SD_LISTEN_FDS_START;

	if (path) {
		fd = listen_at(path);
		if (fd < 0) {
			log_error("cannot listen at %s: %s", path, strerror(-fd));
			return EXIT_FAILURE;
		}
		return serve_all(fd, -1);
	}
	if (sd_listen_fds(1) != 1) {
		log_error("no socket: kvmexitd-bpf.socket starts this, or --socket=PATH");
		return EXIT_FAILURE;
	}
	return serve_all(fd, IDLE_MS);
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' }, { "check", no_argument, NULL, 'c' },
		{ "unload", no_argument, NULL, 'u' },	    { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	    { 0 },
	};
	const char *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'c':
			return check();
		case 'u':
			return unload();
		case 'h':
			help(argv[0]);
			return EXIT_SUCCESS;
		case 'V':
			puts(PACKAGE_STRING);
			return EXIT_SUCCESS;
		default:
			(void)fprintf(stderr, "Try '%s --help'.\n", argv[0]);
			return 2;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "%s: unexpected argument '%s'\nTry '%s --help'.\n", argv[0],
			      argv[optind], argv[0]);
		return 2;
	}
	return run(path);
}
