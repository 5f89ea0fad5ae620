// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls to the daemon, with what a person is told when they fail.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/connect.h"
#include "ctl/join.h"
#include "ctl/output.h"
#include "server/address.h"
#include "util/clock.h"
#include "util/util.h"

/* Whether /etc/group has the caller in it, though this session may not yet. */
static bool is_member(const struct group *group, const char *user)
{
	char **member;

	for (member = group->gr_mem; *member; member++)
		if (strcmp(*member, user) == 0)
			return true;
	return false;
}

static void report_permission(const char *path)
{
	const struct passwd *passwd = getpwuid(geteuid());
	const char *user = passwd ? passwd->pw_name : "USER";
	const struct group *group = NULL;
	const char *name;
	struct stat st;

	/* root's own is no group to join. */
	if (stat(path, &st) == 0 && st.st_gid != 0)
		group = getgrgid(st.st_gid);
	if (!group)
		group = getgrnam(SERVER_SOCKET_GROUP);
	name = group ? group->gr_name : SERVER_SOCKET_GROUP;

	if (group && is_member(group, user))
		ctl_error("no permission for %s: %s joined group %s after this login: log in again",
			  path, user, name);
	else
		ctl_error("no permission for %s: you are not in group %s: "
			  "join it with 'usermod -aG %s %s' as root, then log in again",
			  path, name, name, user);
}

void ctl_begin(struct ctl *ctl)
{
	ctl->end_ns = clock_monotonic_ns() + CTL_DEADLINE_S * NS_PER_S;
}

struct varlink_wait ctl_wait(const struct ctl *ctl)
{
	return (struct varlink_wait){ .end_ns = ctl->end_ns, .stop = ctl->stop, .fd = -1 };
}

enum ctl_exit ctl_connect(const struct ctl *ctl, struct varlink **out)
{
	const struct varlink_wait wait = ctl_wait(ctl);
	int r = varlink_new(out, ctl->socket, &wait);

	switch (r) {
	case 0:
		return CTL_OK;
	case -ENOENT:
	case -ECONNREFUSED:
		ctl_error("kvmexitd is not running (nobody listens on %s): "
			  "start it with 'systemctl start kvmexitd' as root",
			  ctl->socket);
		return CTL_UNREACHABLE;
	case -EACCES:
	case -EPERM:
		report_permission(ctl->socket);
		return CTL_UNREACHABLE;
	case -ETIMEDOUT:
	case -EINTR:
		return ctl_report_lost(r);
	default:
		ctl_error("cannot connect to %s: %s", ctl->socket, strerror(-r));
		return CTL_UNREACHABLE;
	}
}

enum ctl_exit ctl_report_lost(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		ctl_error("kvmexitd has not answered within %d seconds", CTL_DEADLINE_S);
		break;
	case -EINTR:
		/* Whoever sent the signal knows. */
		return CTL_FAILED;
	case -ECONNRESET:
		ctl_error("kvmexitd closed the connection");
		break;
	case -EBADMSG:
		ctl_error("what listens there does not speak varlink");
		break;
	default:
		ctl_error("lost kvmexitd: %s", strerror(-error));
		break;
	}
	return CTL_UNREACHABLE;
}

/* "web01, web02" or "3, 7", of a list of text or numbers. */
static char *join(const json_t *list)
{
	char *text = NULL, *item;
	const json_t *value;
	size_t i, size;
	FILE *stream;

	stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	json_array_foreach(list, i, value) {
		item = json_is_string(value) ? clean_text(json_string_value(value)) : NULL;
		if (item)
			fprintf(stream, "%s%s", i > 0 ? ", " : "", item);
		else
			fprintf(stream, "%s%lld", i > 0 ? ", " : "",
				(long long)json_integer_value(value));
		free(item);
	}
	return fclose(stream) == 0 ? text : NULL;
}

/* What to say instead, a line for each VM that may have been meant. */
static void report_ambiguous(const char *vm, const json_t *error)
{
	const json_t *candidates = json_object_get(error, "candidates"), *candidate;
	long long more = get_int(error, "count") - (long long)json_array_size(candidates);
	size_t i;

	ctl_error("'%s' can mean several VMs; say which:", vm);
	json_array_foreach(candidates, i, candidate) {
		_cleanup_free_ char *text = get_text(candidate, "vm");
		_cleanup_free_ char *name = get_text(candidate, "name");

		fprintf(stderr, "  %-14s %s, pid %lld, id %lld", text, name,
			get_int(candidate, "pid"), get_int(candidate, "id"));
		if (json_is_integer(json_object_get(candidate, "vmid")))
			fprintf(stderr, ", VMID %lld", get_int(candidate, "vmid"));
		fputs(json_is_false(json_object_get(candidate, "alive")) ? ", ended\n" : "\n",
		      stderr);
	}
	if (more > 0)
		fprintf(stderr, "  and %lld more\n", more);
}

/* False if the daemon sees VMs. Where it sees none, a name is not what is wrong. */
static bool report_blind(const struct ctl *ctl)
{
	_cleanup_free_ char *advice = NULL;
	struct varlink_reply reply = { 0 };
	bool blind;

	if (ctl_ask(ctl, CTL_METHOD("Status"), NULL, &reply) != CTL_OK)
		return false;
	blind = json_is_false(json_object_get(reply.parameters, "synced"));
	advice = get_text(reply.parameters, "advice");
	if (blind)
		ctl_error("kvmexitd gets no exits from the kernel, so it knows no VM. %s", advice);
	varlink_reply_done(&reply);
	return blind;
}

enum ctl_exit ctl_report_error(const struct ctl *ctl, const struct varlink_reply *reply)
{
	_cleanup_free_ char *vm = get_text(reply->parameters, "vm");
	const char *name = reply->error;

	if (strncmp(name, CTL_INTERFACE, strlen(CTL_INTERFACE)) == 0)
		name += strlen(CTL_INTERFACE);

	if (strcmp(name, "NoSuchVm") == 0) {
		_cleanup_free_ char *near = join(json_object_get(reply->parameters, "near"));

		if (report_blind(ctl))
			return CTL_NO_KERNEL;
		if (near && *near)
			ctl_error("no VM matches '%s'; near it: %s", vm, near);
		else
			ctl_error("no VM matches '%s'", vm);
	} else if (strcmp(name, "AmbiguousVm") == 0) {
		report_ambiguous(vm, reply->parameters);
	} else if (strcmp(name, "TooManyClients") == 0) {
		ctl_error("kvmexitd has too many clients, try again later");
	} else if (strcmp(name, "KernelRefused") == 0 || strcmp(name, "ConfigWrong") == 0) {
		_cleanup_free_ char *reason = get_text(reply->parameters, "reason");

		ctl_error("%s%s", *name == 'K' ? "the kernel refuses: " : "", reason);
	} else if (strcmp(name, "NoKernel") == 0) {
		ctl_error("kvmexitd is not connected to the kernel: see 'kvmexitctl status'");
	} else if (strcmp(name, "org.varlink.service.PermissionDenied") == 0) {
		ctl_error("only root may do this");
	} else if (strcmp(name, "org.varlink.service.InvalidParameter") == 0) {
		_cleanup_free_ char *parameter = get_text(reply->parameters, "parameter");

		ctl_error("kvmexitd does not take '%s' so", parameter);
	} else {
		_cleanup_free_ char *clean = clean_text(name);

		ctl_error("kvmexitd answered with error %s", clean);
	}
	return CTL_FAILED;
}

json_t *ctl_vm_parameters(const char *vm)
{
	/* Names are UTF-8, as all JSON is. */
	json_t *parameters = json_pack("{s:s}", "vm", vm);

	if (!parameters) {
		_cleanup_free_ char *clean = clean_text(vm);

		ctl_error("no VM matches '%s'", clean ? clean : "");
	}
	return parameters;
}

json_t *ctl_id_parameters(long long id)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "id:%lld", id);
	return json_pack("{s:s}", "vm", text);
}

enum ctl_exit ctl_ask(const struct ctl *ctl, const char *method, json_t *parameters,
		      struct varlink_reply *reply)
{
	const struct varlink_wait wait = ctl_wait(ctl);
	enum ctl_exit result;
	struct varlink *link;
	int r;

	result = ctl_connect(ctl, &link);
	if (result != CTL_OK) {
		json_decref(parameters);
		return result;
	}
	r = varlink_ask(link, &wait, method, parameters, reply);
	varlink_free(link);
	return r < 0 ? ctl_report_lost(r) : CTL_OK;
}

enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, json_t *parameters, json_t **out)
{
	struct varlink_reply reply = { 0 };
	enum ctl_exit result = ctl_ask(ctl, method, parameters, &reply);

	if (result != CTL_OK)
		return result;
	if (reply.error)
		result = ctl_report_error(ctl, &reply);
	else
		*out = json_incref(reply.parameters);
	varlink_reply_done(&reply);
	return result;
}
