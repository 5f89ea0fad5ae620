/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real server on a socket in a directory of its own, with a registry that
 * the test filled, and the client's side by hand.
 */
#ifndef KVMEXITD_TESTS_SERVER_FIXTURE_H
#define KVMEXITD_TESTS_SERVER_FIXTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "model/registry.h"
#include "model/sample.h"
#include "model/status.h"
#include "server/server.h"
#include "server/server_internal.h"

/* SVM exit codes. */
#define CODE_CPUID 0x72
#define CODE_HLT   0x78
#define CODE_IOIO  0x7b
#define CODE_MSR   0x7c

struct fixture {
	sd_event *event;
	struct registry *registry;
	struct daemon_status status;
	struct server *server;
	char dir[32];
	char path[64];
	uint64_t batch;
};

/* The directory alone; the server, for another process perhaps, with its start. */
struct fixture *fixture_new(void);
void fixture_start(struct fixture *f);

/* Both, for cmocka; *state is the fixture. */
int fixture_setup(void **state);
int fixture_setup_filled(void **state);
int fixture_teardown(void **state);

/* One vCPU's total for one reason, as a batch of the kernel's brings it. */
void fixture_count(struct fixture *f, uint64_t vm_id, uint32_t vcpu, uint64_t code, bool nested,
		   uint64_t total);
void fixture_detail(struct fixture *f, uint64_t vm_id, uint32_t vcpu_id,
		    const struct sample_detail *detail);
/* web01's MSRs: 1400 writes of 0x6e0, 60 reads of 0x10, 40 of others, and 25 of L2. */
void fixture_fill_details(struct fixture *f);
/* How long all exits so far of one vCPU for one reason took: n of them, ns each. */
void fixture_time(struct fixture *f, uint64_t vm_id, uint32_t vcpu, uint64_t code, uint64_t n,
		  uint64_t ns);
void fixture_create(struct fixture *f, uint64_t vm_id, uint32_t pid, const char *name);
void fixture_destroy(struct fixture *f, uint64_t vm_id);

/* A VM, of which nothing usual is known, has a storm of the exits it has made. */
void fixture_storm(struct fixture *f, uint64_t vm_id);

/* Three VMs: web01 (1, pid 812, two vCPUs), db (2, pid 900), and old (3), which ended. */
void fixture_fill(struct fixture *f);

/* What the app does after a batch: tells the watchers. */
void fixture_publish(struct fixture *f);

/* One turn of the loop, as long as it takes; fails the test after a while. */
void fixture_turn(struct fixture *f);
/* Until nothing is left to do. */
void fixture_settle(struct fixture *f);

#define fixture_until(f, condition)      \
	do {                             \
		while (!(condition))     \
			fixture_turn(f); \
	} while (0)

/* A client's socket, non-blocking. */
int fixture_connect(struct fixture *f);

/* Sends text with its NUL. */
void fixture_send(int fd, const char *text);
void fixture_send_bytes(int fd, const void *data, size_t len);

/*
 * The next message without its NUL, read byte for byte so that none is taken
 * from the one behind it; NULL at the end of the stream.
 */
char *fixture_receive(struct fixture *f, int fd);

/* Whether there is something to read now. */
bool fixture_pending(int fd);

/* The reply to the next call; NULL at the end of the stream. */
json_t *fixture_reply(struct fixture *f, int fd);
json_t *fixture_call(struct fixture *f, int fd, const char *call);

/* Checks that the reply is this error, and gives its parameters' only text. */
void fixture_expect_error(struct fixture *f, int fd, const char *call, const char *error,
			  const char *key, const char *value);

/* Walks keys and indexes: "vms.0.name"; fails where there is nothing. */
json_t *at(json_t *json, const char *path);

#define assert_text(json, path, text) assert_string_equal(json_string_value(at(json, path)), text)
#define assert_number(json, path, number) \
	assert_int_equal(json_integer_value(at(json, path)), number)

#define EXITS	     "io.kvmexit.Exits"
#define SERVICE	     "org.varlink.service"
#define CALL(method) "{\"method\":\"" method "\"}"

#endif
