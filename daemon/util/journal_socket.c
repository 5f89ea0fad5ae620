// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries for journald that never wait for it. */
#include "config.h"

#include "util/journal_socket.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "util/buffer.h"
#include "util/unix_address.h"

/* The process has one journal, as it has one stderr. */
static struct {
	const char *path;
	int fd;
	uint64_t dropped;
} journal = { .path = "/run/systemd/journal/socket", .fd = -1 };

void journal_socket_set_path(const char *path)
{
	journal.path = path;
}

uint64_t journal_socket_dropped(void)
{
	return journal.dropped;
}

/* "NAME=value\n", or where that has lines of its own "NAME\n", its length, and it. */
static int add(struct buffer *entry, const struct iovec *field)
{
	const char *equals = memchr(field->iov_base, '=', field->iov_len);
	size_t name_len, len;
	uint64_t le;
	int r;

	if (!equals)
		return -EINVAL;
	if (!memchr(field->iov_base, '\n', field->iov_len)) {
		r = buffer_append(entry, field->iov_base, field->iov_len);
		return r < 0 ? r : buffer_append(entry, "\n", 1);
	}

	name_len = (size_t)(equals - (const char *)field->iov_base);
	len = field->iov_len - name_len - 1;
	le = htole64(len);
	r = buffer_append(entry, field->iov_base, name_len);
	if (r >= 0)
		r = buffer_append(entry, "\n", 1);
	if (r >= 0)
		r = buffer_append(entry, &le, sizeof(le));
	if (r >= 0)
		r = buffer_append(entry, equals + 1, len);
	return r < 0 ? r : buffer_append(entry, "\n", 1);
}

/* Not connected: a journald that was restarted may listen on a new socket. */
static int send_entry(const void *data, size_t len)
{
	struct sockaddr_un to;
	socklen_t to_len = 0;
	ssize_t n;
	int r;

	r = unix_address(journal.path, &to, &to_len);
	if (r < 0)
		return r;
	if (journal.fd < 0)
		journal.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (journal.fd < 0)
		return -errno;
	do
		n = sendto(journal.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			   (const struct sockaddr *)&to, to_len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int journal_socket_send(const struct iovec *fields, size_t n)
{
	struct buffer entry = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < n && r >= 0; i++)
		r = add(&entry, &fields[i]);
	if (r >= 0 && entry.len > JOURNAL_ENTRY_BYTES_MAX)
		r = -EMSGSIZE;
	if (r >= 0)
		r = send_entry(buffer_head(&entry), entry.len);
	buffer_done(&entry);
	if (r < 0)
		journal.dropped++;
	return r;
}
