/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from outside, made fit for a terminal, the journal and JSON. */
#ifndef KVMEXITD_TEXT_H
#define KVMEXITD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies the length bytes of text into out as valid UTF-8 of less than size
 * bytes: control characters and invalid bytes become '?', what does not fit is
 * cut between characters, spaces at both ends go. Always ends with a NUL; gives
 * the length, which may be 0.
 */
size_t text_clean(char *out, size_t size, const char *text, size_t length);

/* "yes", "on", "true", "1" and their opposites, letter case aside; false for other text. */
bool text_to_bool(const char *text, bool *out);

#endif
