/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of several words somebody may have meant by one that is none of them. */
#ifndef KVMEXITD_NEAR_H
#define KVMEXITD_NEAR_H

#include <stddef.h>

/*
 * How far name is from text, as edits of letters: small for a typing mistake, larger
 * for a name that contains text. SIZE_MAX if they have too little in common.
 */
size_t near_distance(const char *text, const char *name);

/* The nearest of the names, which end with NULL; NULL if none is near. */
const char *near_word(const char *text, const char *const *names);

#endif
