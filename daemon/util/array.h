/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays. */
#ifndef KVMEXITD_ARRAY_H
#define KVMEXITD_ARRAY_H

#include <stddef.h>

/*
 * Room for n elements: the array, moved or not, with *size updated, or NULL
 * with the old one untouched. Grows by half, so that adding one at a time is
 * linear; what is new is zeroed.
 */
void *array_reserve(void *array, size_t *size, size_t n, size_t element_bytes);

#endif
