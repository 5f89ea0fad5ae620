/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl top: its state, apart from the terminal and the daemon. Keys and
 * replies go in, lines of text come out.
 */
#ifndef KVMEXITD_CTL_TOP_H
#define KVMEXITD_CTL_TOP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a sparkline shows: five minutes, as the longest rate. */
#define TOP_CELLS  30
#define TOP_CELL_S 10

#define TOP_NAME_MAX 256
#define TOP_RATES    4

enum top_view {
	TOP_VMS,
	TOP_REASONS,
	TOP_VIEWS,
};

enum top_sort {
	TOP_BY_ID, /* of a reason, its code */
	TOP_BY_NAME,
	TOP_BY_PID,
	TOP_BY_EXITS,
	TOP_BY_NESTED,
	TOP_BY_1S,
	TOP_BY_10S,
	TOP_BY_1M,
	TOP_BY_5M,
	TOP_BY_SHARE,
	TOP_BY_MEAN,
	TOP_BY_MAX,
	TOP_BY_TIME,
	TOP_SORTS,
};

/* How long exits took, where the kernel measured it; sums in ns. */
struct top_time {
	bool known;
	double total_ns, exits, max_ns; /* since it measures */
	double old_total_ns, old_exits; /* at old_ns, to tell what is new */
	uint64_t old_ns; /* 0 before the first look */
	bool has_share;
	double share; /* of one CPU's time, lately; 1 is all of it, 0 without has_share */
	double mean_ns; /* lately, or of all while nothing is known of that */
};

/* A VM, or a reason. */
struct top_row {
	char name[TOP_NAME_MAX];
	long long id, pid, vcpus, exits, nested;
	double rates[TOP_RATES];
	bool ended;
	bool storm;
	struct top_time time;
	double cells[TOP_CELLS]; /* exits, the last one now; all zero if not known */
};

/* How one view is looked at. */
struct top_look {
	enum top_sort sort;
	bool reverse;
	long long selected_id; /* by what it is, as rows move */
	char selected_name[TOP_NAME_MAX];
	size_t selected; /* where it was last */
	size_t first; /* row on the screen */
};

struct top {
	enum top_view view;
	struct top_look looks[TOP_VIEWS];
	struct top_row *rows; /* of the view, sorted */
	size_t n_rows, rows_size;
	long long vm_id; /* TOP_REASONS: of this one */
	bool one_vm; /* there is no way back to the others */
	struct top_row vm;
	char isa[16];
	long long n_vcpus;
	bool show_ended, paused, help, ascii;
	bool tries_again; /* to reach the daemon */
	bool times; /* how long exits took stands where the rates do else */
	bool details; /* TOP_REASONS: what exactly caused the exits */
	bool has_details; /* and something is known of that */
	uint64_t now_ns; /* of what is set next; CLOCK_BOOTTIME of the daemon */
	size_t lines, columns; /* of the screen */
	uint64_t interval_ms;
	char message[256]; /* "" where all is well */
	char clock[32];
};

enum top_key {
	TOP_KEY_ENTER = '\n',
	TOP_KEY_ESCAPE = 27,
	TOP_KEY_UP = 0x100,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_RESIZE,
};

enum top_action {
	TOP_NOTHING,
	TOP_DRAW,
	TOP_FETCH, /* and draw */
	TOP_QUIT,
};

void top_init(struct top *top);
void top_done(struct top *top);

enum top_action top_key(struct top *top, int key);
void top_resize(struct top *top, size_t lines, size_t columns);

/* --sort's names, ended by NULL, in the order of enum top_sort; not for all of them. */
extern const char *const top_sort_names[];

/*
 * The reply of List, or the VM of Show with its reasons; of the latter a history
 * goes with it. 0 or -ENOMEM, and then the rows are as they were.
 */
int top_set_vms(struct top *top, const json_t *vms);
int top_set_vm(struct top *top, const json_t *vm);

/* Instead of a rate that is not known. */
#define TOP_NO_RATE (-1.0)

/* The reasons of Show's VM, in whose place are their details, where they have any. */
json_t *top_details(const json_t *vm);

/* Takes in a time of the daemon's, NULL for none; old is the row's as it was, or NULL. */
void top_read_time(struct top_time *time, const json_t *json, const struct top_time *old,
		   uint64_t now_ns);

/*
 * Of a VM what exits cost it, where the daemon knows: its share is of all its vCPUs, and
 * waits are in nothing.
 */
void top_read_overhead(struct top_time *time, const json_t *vm);

/* One of the four columns of times, in seven columns of a screen: from 0 on as in top_sort. */
void top_time_text(const struct top_time *time, enum top_sort column, char out[static 16]);

/* What a person should know, of the daemon or of the view; "" where all is well. */
const char *top_message(const struct top *top);

/* The reply of GetHistory, of the VM with that id; in TOP_REASONS, of its reasons. */
void top_set_history(struct top *top, long long id, const json_t *history);

/* Cells of exits, the last one at the end of all steps, of a list in each span. */
void top_cells(const json_t *spans, const char *reason, double cells[static TOP_CELLS]);

static inline struct top_look *top_look(struct top *top)
{
	return &top->looks[top->view];
}

/* How many rows the screen has room for. */
size_t top_page(const struct top *top);

/* Selects a row, or the one nearest to where none is, and has it on the screen. */
void top_select(struct top *top, size_t row);

/* Sorts the rows anew; what was selected still is. */
void top_arrange(struct top *top);

/* The rows that are on the screen: from *first on, so many. */
size_t top_visible(const struct top *top, size_t *first);

/* -- lines ----------------------------------------------------------------- */

enum top_style {
	TOP_PLAIN,
	TOP_TITLE,
	TOP_HEAD,
	TOP_SELECTED,
	TOP_STORM,
	TOP_ENDED,
	TOP_ALERT,
};

/* One line of the screen, not wider than that. Cells of a row with its history. */
typedef void (*top_put)(void *userdata, size_t line, enum top_style style, const char *text);

/* The whole screen. */
void top_draw(const struct top *top, top_put put, void *userdata);

/* The title, the head and all rows, for no terminal. */
void top_print(const struct top *top, top_put put, void *userdata);

#endif
