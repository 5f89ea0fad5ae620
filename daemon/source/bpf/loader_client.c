// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmexitd's end of what it and its BPF loader say to each other. */
#include "config.h"

#include "source/bpf/loader_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "source/bpf/layout.h"
#include "util/log.h"
#include "util/util.h"

int loader_ask(const char *path, char request)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Whoever listens need not have accepted for this. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (send(fd, &request, sizeof(request), MSG_NOSIGNAL) < 0)
		return -errno;
	return TAKE_FD(fd);
}

void loader_ask_to_unload(const char *path)
{
	int fd = loader_ask(path, LOADER_UNLOAD);

	/* It does what it was asked for, whether somebody waits for its answer or not. */
	if (fd >= 0)
		(void)close(fd);
	else
		log_debug("cannot ask the BPF loader to unload: %s", strerror(-fd));
}

#ifdef HAVE_BPF
#define START_IT "systemctl start kvmexitd-bpf.socket"
#else
#define START_IT "this kvmexitd was built without it, so install one that has it"
#endif

void loader_explain(const char *path, int error, char *text, size_t size)
{
	(void)snprintf(text, size,
		       "The kernel has no kvm-exitstat family, and the loader of the BPF program "
		       "does not answer at %s (%s): " START_IT ", or load KVM modules with the "
		       "kvmexitd patch. Then systemctl reload kvmexitd.",
		       path, strerror(-error));
}

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static int map_one(struct loader_maps *maps, size_t i, int fd, size_t size)
{
	void *memory = mmap(NULL, whole_pages(size), PROT_READ, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	maps->memory[i] = memory;
	maps->size[i] = whole_pages(size);
	return 0;
}

static int map_all(struct loader_maps *maps, const int *fds)
{
	const struct exits_header *header;
	size_t n;
	int r;

	r = map_one(maps, LOADER_HEADER, fds[LOADER_HEADER], sizeof(*header));
	if (r < 0)
		return r;
	header = maps->memory[LOADER_HEADER];
	if (header->layout != EXITS_LAYOUT)
		return -EPROTONOSUPPORT;
	n = header->places;
	r = map_one(maps, LOADER_PLACES, fds[LOADER_PLACES], n * sizeof(struct exits_place));
	if (r == 0)
		r = map_one(maps, LOADER_VMS, fds[LOADER_VMS], n * sizeof(struct exits_vm));
	return r;
}

void loader_maps_done(struct loader_maps *maps)
{
	size_t i;

	for (i = 0; i < LOADER_MAPS; i++)
		if (maps->memory[i])
			(void)munmap(maps->memory[i], maps->size[i]);
	*maps = (struct loader_maps){ 0 };
}

/* How many descriptors came along, at most LOADER_MAPS. */
static size_t take_fds(struct msghdr *msg, int *fds)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	size_t n;

	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (n > LOADER_MAPS)
		n = LOADER_MAPS;
	memcpy(fds, CMSG_DATA(cmsg), n * sizeof(int));
	return n;
}

int loader_take_answer(int fd, struct loader_answer *answer, struct loader_maps *maps)
{
	struct iovec iov = { .iov_base = answer, .iov_len = sizeof(*answer) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(LOADER_MAPS * sizeof(int))];
	} control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int fds[LOADER_MAPS], r = 0;
	size_t n_fds, i;
	ssize_t n;

	*maps = (struct loader_maps){ 0 };
	n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	n_fds = take_fds(&msg, fds);
	if (n == 0)
		r = -ECONNRESET;
	else if ((size_t)n != sizeof(*answer) || answer->layout != EXITS_LAYOUT)
		r = -EPROTONOSUPPORT;
	else if (answer->error == 0)
		r = n_fds == LOADER_MAPS ? map_all(maps, fds) : -EBADMSG;
	for (i = 0; i < n_fds; i++)
		(void)close(fds[i]);
	if (r < 0) {
		loader_maps_done(maps);
		return r;
	}
	answer->text[sizeof(answer->text) - 1] = '\0';
	return 0;
}
