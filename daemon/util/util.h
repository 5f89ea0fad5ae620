/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleanup attributes: a local variable's resource goes when it goes out of scope. */
#ifndef KVMEXITD_UTIL_H
#define KVMEXITD_UTIL_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Also keeps errno, so that it may run between a failure and its report. */
static inline void cleanup_freep(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void cleanup_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

#define _cleanup_(f)	__attribute__((cleanup(f)))
#define _cleanup_free_	_cleanup_(cleanup_freep)
#define _cleanup_close_ _cleanup_(cleanup_closep)

/* Defines x_freep() for _cleanup_(x_freep), from x_free(). */
#define DEFINE_CLEANUP(type, free_function)          \
	static inline void free_function##p(type *p) \
	{                                            \
		if (*p)                              \
			free_function(*p);           \
	}                                            \
	struct cleanup_needs_semicolon

/* Passes on what a variable owned. */
#define TAKE_PTR(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
