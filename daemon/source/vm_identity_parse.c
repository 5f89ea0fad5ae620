// SPDX-License-Identifier: GPL-2.0-or-later
/* What a VMM's command line, machined and a process say about a VM. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "source/vm_identity.h"
#include "util/text.h"
#include "util/util.h"

/* Field of /proc/PID/stat, counted from the state, which is the third. */
#define START_TIME_FIELD (22 - 3)

/* As long as container engines make their ids, and as much of one as they show. */
#define CONTAINER_ID_LEN   64
#define CONTAINER_ID_SHOWN 12

/* What KubeVirt has in the paths of its own that it gives to QEMU. */
#define KUBEVIRT_PATH "/kubevirt-private/"

/* QEMU's escape: a comma in a value is written twice. */
static size_t qemu_value(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		if (*text == ',') {
			if (text[1] != ',')
				break;
			text++;
		}
		out[n++] = *text;
	}
	out[n] = '\0';
	return n;
}

/* What is behind the next comma that separates two members; NULL if there is none. */
static const char *next_member(const char *text)
{
	while (*text && !(text[0] == ',' && text[1] != ','))
		text += text[0] == ',' ? 2 : 1;
	return *text ? text + 1 : NULL;
}

/* The value of the member key, which ends with a '=', of "a=1,b=2"; false if empty. */
static bool member(const char *text, const char *key, char *out, size_t size)
{
	for (; text; text = next_member(text))
		if (strncmp(text, key, strlen(key)) == 0)
			return qemu_value(text + strlen(key), out, size) > 0;
	return false;
}

static void set_name(struct vm_identity *identity, const char *raw)
{
	if (!*identity->name)
		(void)text_clean(identity->name, sizeof(identity->name), raw,
				 strnlen(raw, VM_NAME_MAX - 1));
}

static void set_uuid(struct vm_identity *identity, const char *text)
{
	if (!*identity->uuid)
		(void)vm_uuid_parse(text, identity->uuid);
}

/* "web", "guest=web,debug-threads=on", "debug-threads=on,guest=web". */
static void take_qemu_name(struct vm_identity *identity, const char *text)
{
	char raw[VM_NAME_MAX] = "";

	if (!member(text, "guest=", raw, sizeof(raw)) && !memchr(text, '=', strcspn(text, ",")))
		(void)qemu_value(text, raw, sizeof(raw));
	set_name(identity, raw);
}

/* "type=1,manufacturer=…,uuid=…": the system's, which most guests show as theirs. */
static void take_smbios(struct vm_identity *identity, const char *text)
{
	char value[VM_UUID_SIZE] = "";

	if (!member(text, "type=", value, sizeof(value)) || strcmp(value, "1") != 0)
		return;
	if (member(text, "uuid=", value, sizeof(value)))
		set_uuid(identity, value);
}

/* Only Proxmox's QEMU has the option. */
static void take_vmid(struct vm_identity *identity, const char *text)
{
	unsigned long vmid;
	char *end;

	if (!isdigit((unsigned char)*text))
		return;
	errno = 0;
	vmid = strtoul(text, &end, 10);
	if (errno == 0 && !*end && vmid <= VM_VMID_MAX && !identity->vmid)
		identity->vmid = (uint32_t)vmid;
}

/* Cloud Hypervisor's --platform. */
static void take_platform(struct vm_identity *identity, const char *text)
{
	char value[VM_UUID_SIZE];

	if (member(text, "uuid=", value, sizeof(value)) ||
	    member(text, "system_uuid=", value, sizeof(value)))
		set_uuid(identity, value);
}

/* Names of sockets and directories that many a VMM's socket has. */
static bool says_nothing(const char *name)
{
	static const char *const common[] = { "",	 "api",	   "clh",
					      "ch",	 "sock",   "cloud-hypervisor",
					      "clh-api", "ch-api", "firecracker",
					      "fc",	 "root",   "run",
					      "tmp",	 "var" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(common); i++) {
		if (strcmp(name, common[i]) == 0)
			return true;
	}
	return false;
}

/* Cuts the last component off path, without what it ends with. */
static char *cut_last(char *path)
{
	static const char *const ends[] = { ".sock", ".socket", "-socket", "-api" };
	char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t i, len = strlen(name), end;

	if (slash)
		*slash = '\0';
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		end = strlen(ends[i]);
		if (len > end && strcmp(name + len - end, ends[i]) == 0) {
			len -= end;
			name[len] = '\0';
		}
	}
	return name;
}

/*
 * A VMM that was told no name has a socket of its own for each VM: "/run/ch/web.sock",
 * "path=/run/vc/vm/web/clh-api.sock", "/run/vc/firecracker/web/root/run/firecracker.socket".
 */
static void take_socket(struct vm_identity *identity, const char *text)
{
	char path[PATH_MAX];
	const char *name;
	size_t len;

	if (strncmp(text, "path=", strlen("path=")) == 0)
		text += strlen("path=");
	if (strncmp(text, "fd=", strlen("fd=")) == 0)
		return;
	len = strcspn(text, ",");
	if (len >= sizeof(path))
		return;
	memcpy(path, text, len);
	path[len] = '\0';

	do
		name = cut_last(path);
	while (says_nothing(name) && name != path);
	if (!says_nothing(name))
		set_name(identity, name);
}

struct vmm_option {
	const char *name;
	void (*take)(struct vm_identity *identity, const char *text);
};

/*
 * How VMMs are told who the VM is. The first that fits the program counts, and of its
 * options the first that has something to say.
 */
static const struct vmm {
	const char *program; /* part of argv[0]'s last component */
	struct vmm_option options[8];
} vmms[] = {
	{ "firecracker", { { "--id", set_name }, { "--api-sock", take_socket } } },
	{ "cloud-hypervisor",
	  { { "--api-socket", take_socket }, { "--platform", take_platform } } },
	{ "crosvm", { { "--name", set_name } } },
	{ "kvmtool", { { "--name", set_name }, { "-n", set_name } } },
	{ "lkvm", { { "--name", set_name }, { "-n", set_name } } },
	/* Kata's, where the VMM is a part of it: the id is the sandbox's. */
	{ "containerd-shim-kata", { { "-id", set_name } } },
	{ "krunvm", { { "start", set_name } } },
	/* Behind crun's own name comes the command line of the guest's program. */
	{ "[libcrun:krun]", { { NULL, NULL } } },
	/* QEMU, under whatever name. */
	{ "",
	  { { "-name", take_qemu_name },
	    { "--name", take_qemu_name },
	    { "-uuid", set_uuid },
	    { "--uuid", set_uuid },
	    { "-smbios", take_smbios },
	    { "--smbios", take_smbios },
	    { "-id", take_vmid } } },
};

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct vmm *find_vmm(const char *program)
{
	const struct vmm *vmm = vmms;

	while (!strstr(last_component(program), vmm->program))
		vmm++;
	return vmm;
}

/* The value if arg is "option=value", next if it is "option". */
static const char *option_value(const char *arg, const char *next, const char *option)
{
	size_t len = strlen(option);

	if (strncmp(arg, option, len) != 0)
		return NULL;
	if (arg[len] == '=' && strncmp(option, "--", 2) == 0)
		return arg + len + 1;
	return arg[len] == '\0' ? next : NULL;
}

/* Arguments are between a program's name and end, each with a NUL behind it. */
static void take_option(struct vm_identity *identity, const struct vmm_option *option,
			const char *program, const char *end)
{
	const char *arg, *next, *value;

	for (arg = program + strlen(program) + 1; arg < end; arg = next) {
		next = arg + strlen(arg) + 1;
		value = option_value(arg, next < end ? next : NULL, option->name);
		if (value)
			option->take(identity, value);
	}
}

/*
 * KubeVirt calls a guest "NAMESPACE_NAME". So may others: it is KubeVirt's if QEMU has
 * paths of KubeVirt's, or its manufacturer's name, which an administrator can change.
 */
static void take_namespace(struct vm_identity *identity, const char *program, const char *end)
{
	size_t len = strcspn(identity->name, "_");
	const char *arg;

	if (!identity->name[len] || !vm_namespace_is_valid(identity->name, len))
		return;
	for (arg = program; arg < end; arg += strlen(arg) + 1) {
		if (!strstr(arg, KUBEVIRT_PATH) && !strstr(arg, ",manufacturer=KubeVirt"))
			continue;
		memcpy(identity->namespace, identity->name, len);
		identity->namespace[len] = '\0';
		return;
	}
}

bool vm_identity_parse(const char *cmdline, size_t len, struct vm_identity *out)
{
	_cleanup_free_ char *copy = malloc(len + 1);
	struct vm_identity identity = { .vmid = 0 };
	const struct vmm_option *option;
	const struct vmm *vmm;

	if (!copy)
		return false;
	memcpy(copy, cmdline, len);
	copy[len] = '\0';

	vmm = find_vmm(copy);
	for (option = vmm->options; option->name; option++)
		take_option(&identity, option, copy, copy + len);
	if (!*vmm->program)
		take_namespace(&identity, copy, copy + len);
	*out = identity;
	return *identity.name;
}

bool vm_identity_is_contained(const char *cmdline)
{
	return *find_vmm(cmdline)->program;
}

/* "libpod-ID.scope", "docker-ID.scope", "cri-containerd:ID", "ID": the last in the path. */
bool vm_name_parse_cgroup(const char *cgroup, char out[static VM_NAME_MAX])
{
	const char *at, *id = NULL;
	size_t len;

	for (at = cgroup; *at; at += len ? len : 1) {
		len = strspn(at, "0123456789abcdef");
		if (len == CONTAINER_ID_LEN)
			id = at;
	}
	return id && text_clean(out, VM_NAME_MAX, id, CONTAINER_ID_SHOWN) > 0;
}

bool vm_name_parse_machine(const char *machine, char out[static VM_NAME_MAX])
{
	static const char *const drivers[] = { "qemu-", "ch-" };
	const char *at, *end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (strncmp(machine, drivers[i], strlen(drivers[i])) != 0)
			continue;
		at = machine + strlen(drivers[i]);
		for (end = at; isdigit((unsigned char)*end); end++)
			;
		if (end > at && end[0] == '-' && end[1]) {
			machine = end + 1;
			break;
		}
	}
	return text_clean(out, VM_NAME_MAX, machine, strlen(machine)) > 0;
}

bool vm_name_parse_start(const char *stat, uint64_t *ticks)
{
	const char *at = strrchr(stat, ')'); /* the name before may have anything in it */
	char *end = NULL;
	int field;

	if (!at || at[1] != ' ')
		return false;

	for (at += 2, field = 0; field < START_TIME_FIELD; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*ticks = strtoull(at, &end, 10);
	return errno == 0 && (*end == ' ' || *end == '\n');
}
