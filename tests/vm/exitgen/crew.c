// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The vCPUs' threads, and how they divide what they have to do: at once, at a
 * rate, or in rounds that are measured.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "exitgen.h"

/* A vCPU thread calls ioctl() and little else. */
#define STACK_SIZE (64u * 1024)

#define RATE_SLICES 10 /* bursts a second with --rate */

struct crew {
	sem_t *turn; /* one a vCPU: the prologue is its own now */
	pthread_barrier_t start;
};

struct worker {
	struct crew *crew;
	struct vcpu *vcpu;
};

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Each round is a short and a long run; the difference of their times by the
 * difference of their exits is free of what a run costs whatever its length.
 * The median leaves out the rounds that a host's timer tick fell into unevenly,
 * if runs are short against the tick; so does the difference of the best runs.
 */
static void run_bench(struct vcpu *vcpu, unsigned int nr)
{
	uint32_t rounds = vcpu->vm->opt->bench;
	uint64_t count = vcpu->vm->opt->req[nr].count;
	uint64_t step = count / rounds, at = 0, best1 = UINT64_MAX, best2 = UINT64_MAX;
	struct kind_result *res = &vcpu->res->kind[nr];
	double *cost = calloc(rounds, sizeof(*cost));

	if (!cost)
		die_errno("no memory for %u rounds", rounds);
	for (uint32_t i = 0; i < rounds; i++) {
		uint64_t n1, n2, ns1, ns2;

		ns1 = run_kind(vcpu, nr, at, at + step / 4, &n1);
		ns2 = run_kind(vcpu, nr, at + step / 4, at + step, &n2);
		cost[i] = ((double)ns2 - (double)ns1) / ((double)n2 - (double)n1);
		best1 = min(best1, ns1);
		best2 = min(best2, ns2);
		at += step;
	}
	if (at < count)
		run_kind(vcpu, nr, at, count, NULL);
	qsort(cost, rounds, sizeof(*cost), compare_double);
	res->ns_per_exit = rounds % 2 ? cost[rounds / 2] :
					(cost[rounds / 2 - 1] + cost[rounds / 2]) / 2;
	res->ns_per_exit_best = ((double)best2 - (double)best1) / (double)(step - step / 4 * 2);
	free(cost);
}

static void run_rate(struct vcpu *vcpu, unsigned int nr)
{
	uint64_t count = vcpu->vm->opt->req[nr].count, rate = vcpu->vm->opt->rate;
	uint64_t slice = rate > RATE_SLICES ? rate / RATE_SLICES : 1;
	uint64_t start = now_ns();

	for (uint64_t at = 0; at < count; at += slice) {
		uint64_t due = start + (uint64_t)((double)at * 1e9 / (double)rate);
		struct timespec ts = {
			.tv_sec = (time_t)(due / 1000000000u),
			.tv_nsec = (long)(due % 1000000000u),
		};

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
			;
		run_kind(vcpu, nr, at, min(at + slice, count), NULL);
	}
}

static void *vcpu_thread(void *arg)
{
	struct worker *worker = arg;
	struct vcpu *vcpu = worker->vcpu;
	const struct options *opt = vcpu->vm->opt;

	sem_wait(&worker->crew->turn[vcpu->id]);
	run_prologue(vcpu);
	if (vcpu->id + 1 < opt->vcpus)
		sem_post(&worker->crew->turn[vcpu->id + 1]);
	pthread_barrier_wait(&worker->crew->start);

	for (unsigned int i = 0; i < opt->nr_req; i++) {
		if (opt->req[i].kind == K_FAIL_ENTRY)
			vcpu_break_state(vcpu);
		if (opt->bench)
			run_bench(vcpu, i);
		else if (opt->rate)
			run_rate(vcpu, i);
		else
			run_kind(vcpu, i, 0, opt->req[i].count, NULL);
	}
	return NULL;
}

/* What a VMM's monitor is asked for: the statistics of all vCPUs, once a second. */
struct reader {
	struct vm *vm;
	sem_t stop;
	pthread_t thread;
};

static void *reader_thread(void *arg)
{
	struct reader *reader = arg;
	struct timespec due;

	clock_gettime(CLOCK_REALTIME, &due);
	do {
		for (uint32_t i = 0; i < reader->vm->opt->vcpus; i++)
			vcpu_stat_exits(&reader->vm->vcpu[i]);
		due.tv_sec++;
	} while (sem_timedwait(&reader->stop, &due) < 0);
	return NULL;
}

static void reader_start(struct reader *reader)
{
	sem_init(&reader->stop, 0, 0);
	errno = pthread_create(&reader->thread, NULL, reader_thread, reader);
	if (errno)
		die_errno("thread that reads statistics");
}

static void reader_stop(struct reader *reader)
{
	sem_post(&reader->stop);
	pthread_join(reader->thread, NULL);
}

void vm_run(struct vm *vm)
{
	uint32_t n = vm->opt->vcpus;
	struct worker *worker = calloc(n, sizeof(*worker));
	pthread_t *thread = calloc(n, sizeof(*thread));
	struct crew crew = { .turn = calloc(n, sizeof(*crew.turn)) };
	struct reader reader = { .vm = vm };
	pthread_attr_t attr;

	if (!worker || !thread || !crew.turn)
		die_errno("no memory for %u threads", n);
	pthread_barrier_init(&crew.start, NULL, n);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (uint32_t i = 0; i < n; i++) {
		worker[i] = (struct worker){ .crew = &crew, .vcpu = &vm->vcpu[i] };
		sem_init(&crew.turn[i], 0, i == 0);
	}
	for (uint32_t i = 0; i < n; i++) {
		errno = pthread_create(&thread[i], &attr, vcpu_thread, &worker[i]);
		if (errno)
			die_errno("thread of vCPU %u", i);
	}
	if (vm->opt->read_stats)
		reader_start(&reader);
	for (uint32_t i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	if (vm->opt->read_stats)
		reader_stop(&reader);
	/* Here and not in the threads: one more open file at a time will do. */
	for (uint32_t i = 0; i < n; i++)
		vm->vcpu[i].res->exits = vcpu_stat_exits(&vm->vcpu[i]);
	free(worker);
	free(thread);
	free(crew.turn);
}
