// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was made, as text or JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exitgen.h"

/* The first reason with the same name: SVM has one code for RDMSR and WRMSR. */
static enum reason canonical(const struct host *host, enum reason reason)
{
	for (int r = 0; r < NR_REASONS; r++) {
		if (!strcmp(reason_name(host, r), reason_name(host, reason)))
			return r;
	}
	return reason;
}

static void add(const struct host *host, const uint64_t exits[NR_REASONS], uint64_t sum[NR_REASONS])
{
	for (int r = 0; r < NR_REASONS; r++)
		sum[canonical(host, r)] += exits[r];
}

static uint64_t total(const uint64_t sum[NR_REASONS])
{
	uint64_t n = 0;

	for (int r = 0; r < NR_REASONS; r++)
		n += sum[r];
	return n;
}

static uint64_t sum_vm(const struct host *host, const struct options *opt,
		       const struct vm_result *res, uint64_t sum[NR_REASONS],
		       uint64_t nested[NR_REASONS])
{
	uint64_t exits = 0;

	memset(sum, 0, NR_REASONS * sizeof(*sum));
	memset(nested, 0, NR_REASONS * sizeof(*nested));
	for (uint32_t i = 0; i < opt->vcpus; i++) {
		add(host, res->vcpu[i].expected, sum);
		add(host, res->vcpu[i].nested, nested);
		exits += res->vcpu[i].exits;
	}
	return exits;
}

static double ns_per_exit(const struct options *opt, const struct kind_result *res)
{
	if (opt->bench)
		return res->ns_per_exit;
	return res->made ? (double)res->ns / (double)res->made : 0;
}

void report_text(const struct host *host, const struct options *opt, uint32_t nr,
		 const struct vm_result *res)
{
	uint64_t sum[NR_REASONS], nested[NR_REASONS];
	uint64_t exits = sum_vm(host, opt, res, sum, nested);

	printf("vm %u pid %d name %s isa %s vcpus %u exits %" PRIu64 " expected %" PRIu64 ":", nr,
	       (int)res->pid, res->name, host->svm ? "svm" : "vmx", opt->vcpus, exits, total(sum));
	for (int r = 0; r < NR_REASONS; r++) {
		if (sum[r])
			printf(" %s %" PRIu64, reason_name(host, r), sum[r]);
		if (nested[r])
			printf(" (L2 %" PRIu64 ")", nested[r]);
	}
	putchar('\n');

	for (uint32_t i = 0; opt->bench && i < opt->vcpus; i++) {
		for (unsigned int k = 0; k < opt->nr_req; k++) {
			const struct kind_result *kr = &res->vcpu[i].kind[k];

			printf("vm %u vcpu %u %s: ns_per_exit %.1f (best %.1f)\n", nr, i,
			       kinds[opt->req[k].kind].name, kr->ns_per_exit, kr->ns_per_exit_best);
		}
	}
	fflush(stdout);
}

static void json_reasons(const struct host *host, const char *name, const uint64_t sum[NR_REASONS])
{
	const char *sep = "";

	printf("\"%s\":{", name);
	for (int r = 0; r < NR_REASONS; r++) {
		if (sum[r]) {
			printf("%s\"%s\":%" PRIu64, sep, reason_name(host, r), sum[r]);
			sep = ",";
		}
	}
	putchar('}');
}

static void json_sum(const struct host *host, const uint64_t sum[NR_REASONS],
		     const uint64_t nested[NR_REASONS])
{
	json_reasons(host, "expected", sum);
	printf(",\"expected_total\":%" PRIu64 ",", total(sum));
	json_reasons(host, "expected_nested", nested);
}

static void json_vcpu(const struct host *host, const struct options *opt, uint32_t id,
		      const struct vcpu_result *res)
{
	uint64_t sum[NR_REASONS] = { 0 }, nested[NR_REASONS] = { 0 };

	add(host, res->expected, sum);
	add(host, res->nested, nested);
	printf("{\"id\":%u,\"exits\":%" PRIu64 ",", id, res->exits);
	json_sum(host, sum, nested);
	printf(",\"kinds\":[");
	for (unsigned int k = 0; k < opt->nr_req; k++) {
		const struct kind *kind = &kinds[opt->req[k].kind];
		const struct kind_result *kr = &res->kind[k];

		printf("%s{\"kind\":\"%s\",\"reason\":\"%s\",\"count\":%" PRIu64
		       ",\"timed\":%" PRIu64 ",\"ns\":%" PRIu64 ",\"ns_per_exit\":%.1f",
		       k ? "," : "", kind->name, reason_name(host, kind->reason), opt->req[k].count,
		       kr->made, kr->ns, ns_per_exit(opt, kr));
		if (opt->bench)
			printf(",\"ns_per_exit_best\":%.1f", kr->ns_per_exit_best);
		putchar('}');
	}
	printf("]}");
}

/* One line, one object: easy to read back, whatever else a test prints. */
void report_json(const struct host *host, const struct options *opt,
		 const struct vm_result *const *res)
{
	uint64_t sum[NR_REASONS], nested[NR_REASONS], exits;
	const char *sep = "";

	printf("{\"isa\":\"%s\",\"tdp\":%s,\"vcpus\":%u,\"codes\":{", host->svm ? "svm" : "vmx",
	       host->tdp ? "true" : "false", opt->vcpus);
	for (int r = 0; r < NR_REASONS; r++) {
		if (canonical(host, r) != (enum reason)r || !*reason_name(host, r))
			continue;
		printf("%s\"%s\":%ld", sep, reason_name(host, r), reason_code(host, r));
		sep = ",";
	}
	printf("},\"vms\":[");
	for (uint32_t i = 0; i < opt->vms; i++) {
		exits = sum_vm(host, opt, res[i], sum, nested);
		printf("%s{\"pid\":%d,\"name\":\"%s\",\"exits\":%" PRIu64 ",", i ? "," : "",
		       (int)res[i]->pid, res[i]->name, exits);
		json_sum(host, sum, nested);
		printf(",\"vcpus\":[");
		for (uint32_t v = 0; v < opt->vcpus; v++) {
			if (v)
				putchar(',');
			json_vcpu(host, opt, v, &res[i]->vcpu[v]);
		}
		printf("]}");
	}
	printf("]}\n");
	fflush(stdout);
}
