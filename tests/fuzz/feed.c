// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fuzz target's main() where there is no libFuzzer: feeds it the files named,
 * or else the target's corpus. What was once found stays found.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "util/util.h"

/* As libFuzzer calls with -max_len by run. */
#define FILE_BYTES (1024 * 1024)

#define PATH_BYTES 4096

static int feed_file(const char *path)
{
	_cleanup_free_ char *buf = malloc(FILE_BYTES);
	_cleanup_free_ uint8_t *data = NULL;
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file || !buf) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		if (file)
			(void)fclose(file);
		return -EIO;
	}
	n = fread(buf, 1, FILE_BYTES, file);
	(void)fclose(file);

	/* Of just the right size, so that a sanitizer sees who reads on. */
	data = malloc(n ? n : 1);
	if (!data)
		return -ENOMEM;
	memcpy(data, buf, n);
	(void)LLVMFuzzerTestOneInput(data, n);
	return 0;
}

static int feed_directory(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	char name[PATH_BYTES];
	int n = 0;

	if (!directory) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -EIO;
	}
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (feed_file(name) < 0) {
			n = -EIO;
			break;
		}
		n++;
	}
	(void)closedir(directory);
	return n;
}

int main(int argc, char *argv[])
{
	int i, n;

	for (i = 1; i < argc; i++)
		if (feed_file(argv[i]) < 0)
			return EXIT_FAILURE;
	if (argc > 1)
		return EXIT_SUCCESS;

	n = feed_directory(FUZZ_CORPUS);
	if (n > 0)
		printf("%d files of %s: no finding\n", n, FUZZ_CORPUS);
	return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
