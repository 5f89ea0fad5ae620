// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitd with a synthetic kernel: all of the daemon is the real one but for its
 * netlink sockets and its clocks, which are defined here and not in the library.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netlink/msg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "app/app.h"
#include "app/options.h"
#include "source/netlink/genl_socket.h"
#include "synthetic.h"
#include "util/clock.h"

/* Some batches, so that the kernel need not wait in the midst of one. */
#define SEND_BUFFER (32 * 1024 * 1024)

static int64_t *clock_offset_ns;
static int events_fd, requests_fd;

/* -- instead of util/clock.c ---------------------------------------------- */

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec +
	       (uint64_t)__atomic_load_n(clock_offset_ns, __ATOMIC_RELAXED);
}

uint64_t clock_boottime_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

uint64_t clock_realtime_us(void)
{
	return read_clock(CLOCK_REALTIME) / NS_PER_US;
}

int64_t clock_realtime_offset_ns(void)
{
	return (int64_t)(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME));
}

/* For replays, of which there are none here. */
void clock_simulate(uint64_t boottime_ns, int64_t realtime_offset_ns)
{
	(void)boottime_ns;
	(void)realtime_offset_ns;
}

/* -- instead of source/netlink/genl_socket.c -------------------------------------- */

static ssize_t receive(int fd, void *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

static int send_message(int fd, struct nl_msg *msg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);

	return send(fd, header, header->nlmsg_len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int join(int fd, uint32_t group)
{
	(void)fd;
	(void)group;
	return 0;
}

/* The events socket is the one with a buffer. */
int genl_socket_open(int receive_buffer)
{
	return receive_buffer ? events_fd : requests_fd;
}

int genl_socket_set_receive_buffer(int fd, int receive_buffer)
{
	(void)fd;
	(void)receive_buffer;
	return 0;
}

const struct genl_socket_ops genl_socket_ops = {
	.receive = receive,
	.send = send_message,
	.join = join,
	.open = genl_socket_open,
};

/* -- the program ----------------------------------------------------------- */

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void pair(int *daemon, int *kernel)
{
	const int size = SEND_BUFFER;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		fail("socketpair");
	*daemon = fds[0];
	*kernel = fds[1];
	/* As root; else messages wait a little more. */
	if (setsockopt(*kernel, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(*kernel, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* What systemd does for kvmexitd-metrics.socket. Port 0 is any. */
static void pass_metrics_socket(unsigned int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int on = 1;
	char pid[16];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0 ||
	    dup2(fd, 3) < 0)
		fail("metrics socket");
	if (fd != 3)
		close(fd);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "metrics", 1);
}

static const struct option long_options[] = {
	{ "vms", required_argument, NULL, 'v' },
	{ "vcpus", required_argument, NULL, 'c' },
	{ "reasons", required_argument, NULL, 'r' },
	{ "interval", required_argument, NULL, 'i' },
	{ "hours", required_argument, NULL, 'h' },
	{ "socket", required_argument, NULL, 's' },
	{ "metrics", required_argument, NULL, 'm' },
	{ "lives", required_argument, NULL, 'l' },
	{ "extras", no_argument, NULL, 'e' },
	{ "clock", no_argument, NULL, 'k' },
	{ "times", no_argument, NULL, 't' },
	{ "details", required_argument, NULL, 'd' },
	{ 0 },
};

int main(int argc, char *argv[])
{
	struct synthetic s = { .vms = 4, .vcpus = 8, .reasons = 8, .interval_ms = 1000 };
	char *daemon_argv[] = { argv[0], NULL };
	struct options options;
	const char *path = NULL;
	struct app *app;
	unsigned int port = 0;
	int option, r;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		unsigned int n = optarg ? (unsigned int)strtoul(optarg, NULL, 10) : 0;

		switch (option) {
		case 'v':
			s.vms = n;
			break;
		case 'c':
			s.vcpus = n;
			break;
		case 'r':
			s.reasons = n;
			break;
		case 'i':
			s.interval_ms = n;
			break;
		case 'h':
			s.hours = n;
			break;
		case 's':
			path = optarg;
			break;
		case 'm':
			port = n;
			break;
		case 'e':
			s.extras = true;
			break;
		case 'l':
			s.lives = n;
			break;
		case 'k':
			s.clock = true;
			break;
		case 't':
			s.times = true;
			break;
		case 'd':
			s.details = n;
			break;
		default:
			return 2;
		}
	}
	if (!path || s.vms == 0 || s.vcpus < s.vms || s.reasons == 0 || s.reasons > 64 ||
	    s.details > 16) {
		fputs("Usage: synthetic --socket PATH [--vms N] [--vcpus N] [--reasons N]\n"
		      "           [--interval MS] [--hours N] [--metrics PORT] [--lives N]\n"
		      "           [--extras] [--clock] [--times] [--details N]\n",
		      stderr);
		return 2;
	}

	/* Descriptor 3 has to be free for it. */
	if (port > 0)
		pass_metrics_socket(port);
	clock_offset_ns = mmap(NULL, sizeof(*clock_offset_ns), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (clock_offset_ns == MAP_FAILED)
		fail("mmap");
	s.clock_offset_ns = clock_offset_ns;
	pair(&events_fd, &s.events);
	pair(&requests_fd, &s.requests);

	switch (fork()) {
	case -1:
		fail("fork");
		break;
	case 0:
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(events_fd);
		close(requests_fd);
		synthetic_kernel(&s);
		/* With its hours the daemon ends; what it is then can be read before. */
		kill(getppid(), SIGTERM);
		_exit(0);
	default:
		break;
	}
	close(s.events);
	close(s.requests);

	optind = 1;
	if (options_parse(&options, 1, daemon_argv) != OPTIONS_RUN)
		return 2;
	options.socket = path;
	r = app_new(&app, &options);
	if (r >= 0) {
		r = app_run(app);
		app_free(app);
	}
	return r < 0;
}
