// SPDX-License-Identifier: GPL-2.0-or-later
/* Growing arrays. */
#include "config.h"

#include "util/array.h"

#include <stdlib.h>
#include <string.h>

/* Most arrays here have a handful of elements. */
#define FIRST_SIZE 4

void *array_reserve(void *array, size_t *size, size_t n, size_t element_bytes)
{
	size_t new_size = *size;
	void *p;

	if (n <= *size)
		return array;

	while (new_size < n) {
		if (__builtin_add_overflow(new_size, new_size / 2 + FIRST_SIZE, &new_size))
			return NULL;
	}

	p = reallocarray(array, new_size, element_bytes);
	if (!p)
		return NULL;

	memset((char *)p + *size * element_bytes, 0, (new_size - *size) * element_bytes);
	*size = new_size;
	return p;
}
