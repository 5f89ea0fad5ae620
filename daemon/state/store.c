// SPDX-License-Identifier: GPL-2.0-or-later
/* A memfd that systemd keeps. */
#include "config.h"

#include "state/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "model/registry.h"
#include "state/codec.h"
#include "state/state.h"
#include "util/util.h"

#define SLOTS 2

static const char magic[8] = "KVMEXITD";

struct header {
	char magic[8];
	uint64_t version;
	uint64_t sequence;
	uint64_t bytes;
	uint64_t payload_sum;
	uint64_t header_sum; /* of all before it */
};

struct state_store {
	int fd;
	uint64_t sequence; /* of the last one saved, in the place that it says */
};

DEFINE_CLEANUP(struct registry *, registry_free);

static off_t slot_offset(uint64_t sequence)
{
	return (off_t)(sequence % SLOTS) * STATE_SLOT_BYTES;
}

static uint64_t header_sum(const struct header *header)
{
	return state_sum(STATE_SUM_START, header, offsetof(struct header, header_sum));
}

int state_store_new(struct state_store **out, int fd)
{
	struct state_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	store->fd = fd >= 0 ? fd : memfd_create(STATE_FD_NAME, MFD_CLOEXEC);
	if (store->fd < 0) {
		r = -errno;
		free(store);
		return r;
	}
	*out = store;
	return 0;
}

struct state_store *state_store_free(struct state_store *store)
{
	if (!store)
		return NULL;
	if (store->fd >= 0)
		(void)close(store->fd);
	free(store);
	return NULL;
}

int state_store_keep(struct state_store *store)
{
	/* Without FDPOLL=0 systemd would try to watch it for being hung up. */
	return sd_pid_notify_with_fds(0, false, "FDSTORE=1\nFDNAME=" STATE_FD_NAME "\nFDPOLL=0",
				      &store->fd, 1);
}

static int write_all(int fd, const void *data, size_t len, off_t at)
{
	ssize_t n;

	while (len) {
		n = pwrite(fd, data, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data = (const char *)data + n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

static int read_all(int fd, void *data, size_t len, off_t at)
{
	ssize_t n;

	while (len) {
		n = pread(fd, data, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		data = (char *)data + n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Gives back the memory of a place that is not in use. */
static void empty_slot(const struct state_store *store, uint64_t sequence)
{
	(void)fallocate(store->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			slot_offset(sequence), STATE_SLOT_BYTES);
}

struct output {
	int fd;
	off_t start;
	uint64_t bytes;
};

static int write_payload(void *userdata, const void *data, size_t len)
{
	struct output *output = userdata;
	int r;

	if (output->bytes + len > STATE_BYTES_MAX)
		return -EFBIG;
	r = write_all(output->fd, data, len, output->start + (off_t)output->bytes);
	output->bytes += len;
	return r;
}

int state_store_save(struct state_store *store, const struct registry *registry)
{
	uint64_t sequence = store->sequence + 1;
	struct output output = {
		.fd = store->fd,
		.start = slot_offset(sequence) + STATE_HEADER_BYTES,
	};
	struct header header = { .version = STATE_VERSION, .sequence = sequence };
	struct state_writer *writer = malloc(sizeof(*writer));
	int r;

	if (!writer)
		return -ENOMEM;
	*writer = (struct state_writer){ .write = write_payload,
					 .userdata = &output,
					 .sum = STATE_SUM_START };
	state_write(writer, registry);
	r = state_flush(writer);
	if (r >= 0) {
		memcpy(header.magic, magic, sizeof(magic));
		header.bytes = writer->bytes;
		header.payload_sum = writer->sum;
		header.header_sum = header_sum(&header);
		r = write_all(store->fd, &header, sizeof(header), slot_offset(sequence));
	}
	free(writer);
	if (r < 0) {
		empty_slot(store, sequence);
		return r;
	}
	empty_slot(store, store->sequence);
	store->sequence = sequence;
	return 0;
}

static bool is_empty(const struct header *header)
{
	static const struct header nothing;

	return memcmp(header, &nothing, sizeof(nothing)) == 0;
}

/* -ENODATA where the place was never used. */
static int read_header(const struct state_store *store, unsigned int slot, struct header *header)
{
	struct stat st;
	int r;

	if (fstat(store->fd, &st) < 0)
		return -errno;
	if (st.st_size < slot_offset(slot) + STATE_HEADER_BYTES)
		return -ENODATA;
	r = read_all(store->fd, header, sizeof(*header), slot_offset(slot));
	if (r < 0)
		return r;
	if (is_empty(header))
		return -ENODATA;
	if (memcmp(header->magic, magic, sizeof(magic)) != 0 ||
	    header->header_sum != header_sum(header))
		return -EBADMSG;
	if (header->version != STATE_VERSION)
		return -ESTALE;
	if (header->bytes > STATE_BYTES_MAX || header->sequence % SLOTS != slot)
		return -EBADMSG;
	return 0;
}

static int read_slot(const struct state_store *store, const struct header *header,
		     struct registry **out)
{
	_cleanup_(registry_freep) struct registry *registry = NULL;
	_cleanup_free_ void *payload = malloc(header->bytes ? header->bytes : 1);
	int r;

	if (!payload)
		return -ENOMEM;
	r = read_all(store->fd, payload, header->bytes,
		     slot_offset(header->sequence) + STATE_HEADER_BYTES);
	if (r >= 0 && state_sum(STATE_SUM_START, payload, header->bytes) != header->payload_sum)
		r = -EBADMSG;
	if (r >= 0)
		r = registry_new(&registry);
	if (r >= 0)
		r = state_read(payload, header->bytes, registry);
	if (r < 0)
		return r;
	*out = TAKE_PTR(registry);
	return 0;
}

int state_store_load(struct state_store *store, struct registry **out)
{
	struct header headers[SLOTS] = { 0 };
	int results[SLOTS], r, worst = -ENODATA;
	unsigned int i, slot = 0;

	for (i = 0; i < SLOTS; i++) {
		results[i] = read_header(store, i, &headers[i]);
		if (results[i] < 0 && results[i] != -ENODATA)
			worst = results[i];
	}
	for (i = 0; i < SLOTS; i++) {
		/* The newest first; of a torn one the other is what was before. */
		slot = (headers[0].sequence < headers[1].sequence) ^ i;
		if (results[slot] < 0)
			continue;
		r = read_slot(store, &headers[slot], out);
		if (r >= 0) {
			store->sequence = headers[slot].sequence;
			return 0;
		}
		worst = r;
	}
	return worst;
}
