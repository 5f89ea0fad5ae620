// SPDX-License-Identifier: GPL-2.0-or-later
/* The address of a Unix socket in the file system. */
#include "config.h"

#include "util/unix_address.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

int unix_address(const char *path, struct sockaddr_un *out, socklen_t *len)
{
	size_t path_len = strlen(path);

	if (path_len == 0)
		return -EINVAL;
	if (path_len >= sizeof(out->sun_path))
		return -ENAMETOOLONG;
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(out->sun_path, path, path_len + 1);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len + 1);
	return 0;
}
