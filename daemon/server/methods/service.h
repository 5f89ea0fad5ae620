/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interfaces and their methods: from a call to the function that answers it.
 */
#ifndef KVMEXITD_SERVER_SERVICE_H
#define KVMEXITD_SERVER_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#include "server/client.h"
#include "server/methods/lookup.h"
#include "server/varlink_parse.h"

#define VARLINK_SERVICE "org.varlink.service"
#define VARLINK_EXITS	"io.kvmexit.Exits"

struct method {
	const char *name;
	/* Answers the call. A negative result ends the connection. */
	int (*run)(const struct call *call);
	bool changes; /* something: so it is worth doing where nobody is told of it */
};

/* A nameless one ends each. */
extern const struct method exits_methods[];

/* Those of exits_methods[] that have a file of their own. */
int run_list(const struct call *call);
int run_show(const struct call *call);
int run_get_metrics(const struct call *call);
int run_get_config(const struct call *call);
int run_set_config(const struct call *call);
int run_reload_config(const struct call *call);

/*
 * Answers the call, be it with an error. Where even that is impossible, gives
 * the error that ends the connection.
 */
int service_dispatch(const struct call *call);

/*
 * Reads the call's parameters. 1 when they are wrong and the call was answered
 * so, to be returned as it is.
 */
int call_parameters(const struct call *call, const struct varlink_param *params);

/*
 * Looks for the VM that text means, with dead also among those that ended. As
 * call_parameters(): 1 when there is none, or more than one, and the call was told so.
 */
int call_find_vm(const struct call *call, const char *text, bool dead, struct lookup_match *out);

/* Takes a Vm, NULL too, and gives it with what of it was meant; NULL without memory. */
json_t *json_matched(json_t *vm, enum lookup_key key);

#endif
