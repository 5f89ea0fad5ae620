// SPDX-License-Identifier: GPL-2.0-or-later
/* Where one kvmexitd leaves it for the next: killed or damaged, what is whole is used. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model_build.h"
#include "state/codec.h"
#include "state/state.h"
#include "state/store.h"
#include "unit_test.h"

#define S WINDOW_NS_PER_S

#define HLT 0x78

/* Numbers of eight bytes, of which the last is their sum. */
#define HEADER 48

static void settle(struct registry *r)
{
	struct vm *vm;

	while ((vm = registry_next_change(r)))
		registry_change_done(r, vm);
}

static int count(void *userdata, const void *data, size_t len)
{
	(void)data;
	*(size_t *)userdata += len;
	return 0;
}

/* How much is saved of it. */
static size_t saved_bytes(const struct registry *r)
{
	struct state_writer *w = calloc(1, sizeof(*w));
	size_t len = 0;

	w->write = count;
	w->userdata = &len;
	state_write(w, r);
	assert_int_equal(state_flush(w), 0);
	free(w);
	return len;
}

static struct registry *small(uint64_t exits)
{
	struct registry *r = NULL;

	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 1000 * S, 0, 1000 * S);
	model_count(r, 1, 0, HLT, false, exits, exits, 1001 * S);
	settle(r);
	return r;
}

static void save(struct state_store *store, uint64_t exits)
{
	struct registry *r = small(exits);

	assert_int_equal(state_store_save(store, r), 0);
	registry_free(r);
}

/* A daemon that is started with what the file has now: exits, or -errno. */
static int64_t start(int fd)
{
	struct state_store *store = NULL;
	struct registry *r = NULL;
	int64_t result;

	assert_int_equal(state_store_new(&store, dup(fd)), 0);
	result = state_store_load(store, &r);
	if (result == 0) {
		result = (int64_t)registry_find(r, 1)->exits;
		registry_free(r);
	}
	state_store_free(store);
	return result;
}

static void test_store(void **state)
{
	struct state_store *store = NULL;
	int fd = memfd_create("test", MFD_CLOEXEC);
	unsigned int i;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(start(fd), -ENODATA);
	assert_int_equal(state_store_new(&store, dup(fd)), 0);
	for (i = 1; i < 6; i++) {
		save(store, i * 100);
		assert_int_equal(start(fd), i * 100);
	}
	state_store_free(store);

	/* The next one goes on in the same file. */
	assert_int_equal(state_store_new(&store, dup(fd)), 0);
	{
		struct registry *r = NULL;

		assert_int_equal(state_store_load(store, &r), 0);
		registry_free(r);
	}
	save(store, 7000);
	assert_int_equal(start(fd), 7000);
	state_store_free(store);
	close(fd);
}

/* Killed while it saved: after any part of what is saved, or of the header. */
static void test_killed(void **state)
{
	struct state_store *store = NULL;
	int fd = memfd_create("test", MFD_CLOEXEC);
	unsigned char before[8192] = { 0 }, after[8192], torn[8192];
	const off_t first = STATE_SLOT_BYTES, second = 0; /* numbers begin with 1 */
	size_t i;

	(void)state;
	assert_int_equal(state_store_new(&store, dup(fd)), 0);
	save(store, 100);
	assert_int_equal(pread(fd, before, sizeof(before), first) > 4096, true);
	save(store, 200);
	memset(after, 0, sizeof(after));
	assert_true(pread(fd, after, sizeof(after), second) > 4096);
	assert_int_equal(start(fd), 200);

	/* The first place was not given back yet. */
	assert_int_equal(pwrite(fd, before, sizeof(before), first), sizeof(before));
	assert_int_equal(start(fd), 200);
	/* What is saved is written before the header. */
	for (i = 0; i < sizeof(after); i++) {
		memset(torn, 0, sizeof(torn));
		if (i < 4096)
			memcpy(torn + 4096, after + 4096, i);
		else
			memcpy(torn + 4096, after + 4096, 4096);
		if (i >= 4096)
			memcpy(torn, after, i - 4096);
		if (i >= 4096 + 128 || memcmp(torn, after, sizeof(torn)) == 0)
			break;
		assert_int_equal(pwrite(fd, torn, sizeof(torn), second), sizeof(torn));
		assert_int_equal(start(fd), 100);
	}
	assert_true(i > 4096);
	state_store_free(store);
	close(fd);
}

/* Damaged anywhere, it is not used, and says so. */
static void test_damaged(void **state)
{
	struct state_store *store = NULL;
	int fd = memfd_create("test", MFD_CLOEXEC);
	unsigned char byte, other;
	struct registry *r = small(100);
	size_t len = saved_bytes(r);
	uint64_t i;

	(void)state;
	assert_int_equal(state_store_new(&store, dup(fd)), 0);
	save(store, 100);
	for (i = 0; i < HEADER + len; i++) {
		/* What is between them means nothing. */
		off_t at = STATE_SLOT_BYTES +
			   (off_t)(i < HEADER ? i : STATE_HEADER_BYTES + i - HEADER);

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		other = byte ^ 0x10;
		assert_int_equal(pwrite(fd, &other, 1, at), 1);
		assert_int_equal(start(fd), -EBADMSG);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(start(fd), 100);

	/* Cut, and not of us at all. */
	assert_int_equal(ftruncate(fd, STATE_SLOT_BYTES + 4096 + 10), 0);
	assert_int_equal(start(fd), -EBADMSG);
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(start(fd), -ENODATA);
	for (i = 0; i < 5000; i++)
		assert_int_equal(pwrite(fd, "x", 1, (off_t)i), 1);
	assert_int_equal(start(fd), -EBADMSG);

	/* And it can be used again. */
	save(store, 300);
	save(store, 400);
	assert_int_equal(start(fd), 400);
	registry_free(r);
	state_store_free(store);
	close(fd);
}

/* Of another version. */
static void test_stale(void **state)
{
	struct state_store *store = NULL;
	int fd = memfd_create("test", MFD_CLOEXEC);
	uint64_t header[HEADER / 8];

	(void)state;
	assert_int_equal(state_store_new(&store, dup(fd)), 0);
	save(store, 100);
	assert_int_equal(pread(fd, header, HEADER, STATE_SLOT_BYTES), HEADER);
	header[1]++;
	header[HEADER / 8 - 1] = state_sum(STATE_SUM_START, header, HEADER - 8);
	assert_int_equal(pwrite(fd, header, HEADER, STATE_SLOT_BYTES), HEADER);
	assert_int_equal(start(fd), -ESTALE);
	header[1]--;
	header[HEADER / 8 - 1] = state_sum(STATE_SUM_START, header, HEADER - 8);
	assert_int_equal(pwrite(fd, header, HEADER, STATE_SLOT_BYTES), HEADER);
	assert_int_equal(start(fd), 100);
	state_store_free(store);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
