/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitd with a recording in the kernel's place, and kvmexitctl that asks it.
 */
#ifndef KVMEXITD_TESTS_REPLAY_FIXTURE_H
#define KVMEXITD_TESTS_REPLAY_FIXTURE_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

#define DIRECTORY SOURCE_DIR "/tests/replay/"
#define RECORDING DIRECTORY "exitgen.rec"

/* Has the socket, the log of the daemon started last, and whatever a test puts there. */
extern char replay_directory[];

int replay_setup(void **state);
int replay_teardown(void **state);

/* With these options; the second may be NULL. */
pid_t replay_start_with(const char *first, const char *second);

/* Runs kvmexitd until it ends by itself, and gives its exit status. */
int replay_run(const char *arguments);

/* How often something was logged by the last one started. */
size_t replay_logged(const char *text);

/* speed is the option, or NULL. */
pid_t replay_start(const char *recording, const char *speed);

/* It ends by SIGTERM, well, and soon. */
void replay_stop(pid_t pid);

/* What kvmexitctl --json says, or NULL. */
json_t *replay_ask(const char *arguments);

/* Until the recording is at its end. */
void replay_await_end(void);

/* All of RECORDING, to be freed; gives its length. */
size_t replay_read(unsigned char **out);

#endif
