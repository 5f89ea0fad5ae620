// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads the programs in exits.bpf.c, attaches them, and pins links and maps: what is
 * pinned goes on without a process of ours.
 */
#include "config.h"

#include "source/bpf/load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "source/bpf/exits.skel.h"
#include "source/bpf/layout.h"
#include "util/util.h"

#define PIN_DIR EXITS_BPF_FS "/kvmexitd"

/*
 * Places for vCPUs, counted by level, that live or whose last counts are kept: 1600
 * bytes each. Hosts have some vCPUs a CPU, rarely a dozen, and that many times more
 * of the dead are no use; small hosts have tests that make thousands.
 */
#define PLACES_PER_CPU 64
#define PLACES_MIN     4096
#define PLACES_MAX     32768

DEFINE_CLEANUP(struct exits *, exits__destroy);

static const char *const map_paths[LOADER_MAPS] = {
	[LOADER_HEADER] = PIN_DIR "/header",
	[LOADER_PLACES] = PIN_DIR "/places",
	[LOADER_VMS] = PIN_DIR "/vms",
};

/* The last one is what makes the counting complete. */
static const char *const link_paths[] = {
	PIN_DIR "/vcpu_created",
	PIN_DIR "/vcpu_destroyed",
	PIN_DIR "/vm_destroyed",
	PIN_DIR "/exits",
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static struct exits_header *map_header(int fd, int prot)
{
	void *mem = mmap(NULL, sizeof(struct exits_header), prot, MAP_SHARED, fd, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

int exits_unload(void)
{
	struct exits_header *header;
	int fd, r = 0;
	size_t i;

	fd = bpf_obj_get(map_paths[LOADER_HEADER]);
	if (fd >= 0) {
		header = map_header(fd, PROT_READ | PROT_WRITE);
		if (header) {
			/* Readers look at it. */
			__atomic_store_n(&header->stopped, 1, __ATOMIC_RELEASE);
			(void)munmap(header, sizeof(*header));
		}
		(void)close(fd);
	}
	for (i = ARRAY_SIZE(link_paths); i-- > 0;)
		if (unlink(link_paths[i]) < 0 && errno != ENOENT)
			r = -errno;
	for (i = 0; i < LOADER_MAPS; i++)
		if (unlink(map_paths[i]) < 0 && errno != ENOENT)
			r = -errno;
	if (rmdir(PIN_DIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

static void close_all(int fds[static LOADER_MAPS])
{
	size_t i;

	for (i = 0; i < LOADER_MAPS; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
		fds[i] = -1;
	}
}

/* What another run pinned, if it is all there and of this program. */
static int open_pinned(int fds[static LOADER_MAPS])
{
	struct exits_header *header;
	bool ours = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(link_paths); i++)
		if (access(link_paths[i], F_OK) < 0)
			return -ENOENT;
	for (i = 0; i < LOADER_MAPS; i++)
		fds[i] = -1;
	for (i = 0; i < LOADER_MAPS; i++) {
		fds[i] = bpf_obj_get(map_paths[i]);
		if (fds[i] < 0) {
			close_all(fds);
			return -ENOENT;
		}
	}
	header = map_header(fds[LOADER_HEADER], PROT_READ);
	if (header) {
		ours = header->layout == EXITS_LAYOUT;
		(void)munmap(header, sizeof(*header));
	}
	if (!ours)
		close_all(fds);
	return ours ? 0 : -ENOENT;
}

static bool has_cast(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = btf && btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;

	btf__free(btf);
	return has;
}

static uint32_t n_places(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t n = cpus > 0 ? (uint64_t)cpus * PLACES_PER_CPU : 0;

	if (n < PLACES_MIN)
		n = PLACES_MIN;
	return n > PLACES_MAX ? PLACES_MAX : (uint32_t)n;
}

static int set_sizes(struct exits *exits, uint32_t places)
{
	struct bpf_map *const maps[] = {
		exits->maps.places,   exits->maps.vms,	    exits->maps.free_places,
		exits->maps.free_vms, exits->maps.place_of, exits->maps.vm_of,
	};
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		r = bpf_map__set_max_entries(maps[i], places);
		if (r < 0)
			return r;
	}
	return 0;
}

/* All but the first one are free; 0 stands for none. */
static int fill_queue(const struct bpf_map *queue, uint32_t places)
{
	uint32_t i;
	int r = 0;

	for (i = 1; i < places && r == 0; i++)
		r = bpf_map_update_elem(bpf_map__fd(queue), NULL, &i, BPF_ANY);
	return r;
}

static int fill(struct exits *exits, uint32_t places)
{
	uint64_t now = now_ns();
	struct exits_header header = {
		.layout = EXITS_LAYOUT,
		.places = places,
		.epoch = now,
		.since_ns = now,
		.blind = (uint32_t)exits_blind(),
	};
	uint32_t zero = 0;
	int r;

	r = fill_queue(exits->maps.free_places, places);
	if (r == 0)
		r = fill_queue(exits->maps.free_vms, places);
	if (r == 0)
		r = bpf_map_update_elem(bpf_map__fd(exits->maps.header), &zero, &header, BPF_ANY);
	/*
	 * A descriptor that cannot write cannot be mapped, but one of a frozen map is good
	 * for reading only. The header says that the counting has stopped, in the end.
	 */
	if (r == 0)
		r = bpf_map_freeze(bpf_map__fd(exits->maps.places));
	if (r == 0)
		r = bpf_map_freeze(bpf_map__fd(exits->maps.vms));
	return r;
}

static int attach(const struct bpf_program *program, const char *path)
{
	struct bpf_link *link = bpf_program__attach(program);
	int r;

	if (!link)
		return -errno;
	r = bpf_link__pin(link, path);
	(void)bpf_link__destroy(link);
	return r;
}

static int pin(struct exits *exits)
{
	const struct bpf_map *const maps[LOADER_MAPS] = {
		[LOADER_HEADER] = exits->maps.header,
		[LOADER_PLACES] = exits->maps.places,
		[LOADER_VMS] = exits->maps.vms,
	};
	const struct bpf_program *const programs[ARRAY_SIZE(link_paths)] = {
		exits->progs.vcpu_created,
		exits->progs.vcpu_destroyed,
		exits->progs.vm_destroyed,
		bpf_program__autoload(exits->progs.exit_cast) ? exits->progs.exit_cast :
								exits->progs.exit_read,
	};
	size_t i;
	int r = 0;

	if (mkdir(PIN_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	for (i = 0; i < LOADER_MAPS && r == 0; i++)
		r = bpf_obj_pin(bpf_map__fd(maps[i]), map_paths[i]) < 0 ? -errno : 0;
	for (i = 0; i < ARRAY_SIZE(programs) && r == 0; i++)
		r = attach(programs[i], link_paths[i]);
	return r;
}

static int load(void)
{
	_cleanup_(exits__destroyp) struct exits *exits = exits__open();
	uint32_t places = n_places();
	bool cast;
	int r;

	if (!exits)
		return -errno;
	exits->rodata->is_svm = exits_is_svm();
	cast = has_cast();
	(void)bpf_program__set_autoload(exits->progs.exit_cast, cast);
	(void)bpf_program__set_autoload(exits->progs.exit_read, !cast);
	r = set_sizes(exits, places);
	if (r == 0)
		r = exits__load(exits);
	if (r == 0)
		r = fill(exits, places);
	if (r == 0)
		r = pin(exits);
	return r;
}

int exits_load(int fds[static LOADER_MAPS], char text[static LOADER_TEXT_BYTES])
{
	int r;

	text[0] = '\0';
	if (open_pinned(fds) == 0)
		return 0;
	r = exits_check_host(text);
	if (r < 0)
		return r;

	/* Of another version, or half of one. */
	(void)exits_unload();
	r = load();
	if (r == 0)
		r = open_pinned(fds);
	if (r < 0) {
		exits_explain(r, text);
		(void)exits_unload();
	}
	return r;
}
