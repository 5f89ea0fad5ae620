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

#include "ctl/times.h"

/* What a sparkline shows: five minutes, as the longest rate. */
#define TOP_CELLS  30
#define TOP_CELL_S 10

#define TOP_NAME_MAX   256
#define TOP_FILTER_MAX 64
#define TOP_RATES      4

enum top_view {
	TOP_VMS,
	TOP_REASONS,
	TOP_VCPUS,
	TOP_VIEWS,
};

/* In the order of rates. */
enum top_window {
	TOP_1S,
	TOP_10S,
	TOP_1M,
	TOP_5M,
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
	TOP_BY_OVERHEAD,
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

/* What stands out of a row, the most important first. */
enum top_state {
	TOP_IN_STORM,
	TOP_HAS_ENDED,
	TOP_ABOVE_USUAL, /* far more exits than over five minutes; of a vCPU, than the others */
	TOP_IDLE,
	TOP_AS_USUAL,
};

/* Not known, of a rate, and of the part of vCPUs' time that exits cost. */
#define TOP_NO_RATE  (-1.0)
#define TOP_NO_SHARE SHARE_UNKNOWN

/* Exits per second and vCPU: a guest whose clock ticks makes more. */
#define TOP_IDLE_RATE 10.0

struct explain;

/* A VM, a reason, a key of one, or a vCPU. */
struct top_row {
	char name[TOP_NAME_MAX];
	long long id, pid, vcpus, exits, nested;
	double rates[TOP_RATES];
	double overhead[TOP_RATES];
	enum top_state state;
	/*
	 * What most explains it: in words, with the reason's name as well, or that alone; of a
	 * reason, what happens.
	 */
	char why[TOP_NAME_MAX], why_long[TOP_NAME_MAX], why_reason[TOP_NAME_MAX];
	const struct explain *topic; /* of a reason; NULL where the table has none */
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
	struct top_row *rows; /* of the view, sorted: first those that the filter lets through */
	size_t n_rows, n_all; /* let through, and all */
	long long vm_id; /* TOP_REASONS: of this one */
	bool one_vm; /* there is no way back to the others */
	struct top_row vm; /* of TOP_VMS, their sum */
	char outlier[64]; /* of a VM's vCPUs, in words; "" if not known */
	char isa[16];
	long long n_vcpus;
	size_t n_storms;
	struct top *below; /* TOP_VMS: the selected VM's reasons; NULL before there are any */
	enum top_window window; /* of shares, and of the rate where there is room for one */
	char filter[TOP_FILTER_MAX]; /* part of the names of rows; "" for all */
	bool typing; /* the filter */
	bool is_below; /* it is what another one has below */
	bool explains; /* what the selected row's topic is about, instead of rows */
	size_t explain_first; /* line of it */
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
	TOP_SAVE, /* how it is looked at; and draw */
	TOP_QUIT,
};

void top_init(struct top *top);
void top_done(struct top *top);

enum top_action top_key(struct top *top, int key);
void top_resize(struct top *top, size_t lines, size_t columns);

/* -- saved.c --------------------------------------------------------------- */

#define TOP_INTERVAL_MIN_MS 500
#define TOP_INTERVAL_MAX_MS 60000

/* How it was looked at when that was saved; nothing changes where it never was. */
void top_load(struct top *top);

/* Whether that went well is the message. */
void top_save(struct top *top);

/* --sort's names, ended by NULL, in the order of enum top_sort; not for all of them. */
extern const char *const top_sort_names[];

/*
 * The reply of List, or the VM of Show with its reasons; of the latter a history
 * goes with it. 0 or -ENOMEM, and then the rows are as they were.
 */
int top_set_vms(struct top *top, const json_t *vms);
int top_set_vm(struct top *top, const json_t *vm);

/* The VM of Show, of which there is more below the list while its row is selected. */
int top_set_below(struct top *top, const json_t *vm);

/* Has what is below shown as the list is. */
void top_follow(struct top *top);

/* What most explains the exits of that VM, of Show's, which is told about its row. */
void top_set_why(struct top *top, long long id, const json_t *vm);

/* The same of a vCPU: the two reasons that it has most exits of, in a window. */
void top_vcpu_why(struct top_row *row, const json_t *vcpu, enum top_window window);

/* "vCPU 0 makes 40% of the exits", or that they are even; "" for less than two vCPUs. */
void top_outlier(const json_t *vm, enum top_window window, char out[static 64]);

/* Whether a vCPU's rate is far from the mean of all. */
bool top_is_outlier(double rate, double mean);

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

/* How many rows the screen has room for, and lines below them for the selected VM. */
size_t top_page(const struct top *top);
size_t top_below_lines(const struct top *top);

/* The selected VM; NULL where none is. */
const struct top_row *top_selected(const struct top *top);

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
	TOP_ABOVE,
	TOP_QUIET, /* idle, or ended */
	TOP_ALERT,
};

/* One line of the screen, not wider than that. Cells of a row with its history. */
typedef void (*top_put)(void *userdata, size_t line, enum top_style style, const char *text);

/* The whole screen. */
void top_draw(const struct top *top, top_put put, void *userdata);

/* -- layout.c -------------------------------------------------------------- */

enum top_cell {
	CELL_MARK,
	CELL_ID,
	CELL_NAME,
	CELL_PID,
	CELL_VCPUS,
	CELL_EXITS,
	CELL_1S,
	CELL_10S,
	CELL_1M,
	CELL_5M,
	CELL_PERCENT,
	CELL_PER_VCPU,
	CELL_OVERHEAD,
	CELL_NESTED,
	CELL_WHY,
	CELL_SPARK,
	CELLS,
};

/* It is there on screens from wide columns on, and where rows are sorted by it. */
struct top_cell_form {
	const char *head;
	size_t width;
	bool right;
	size_t wide;
	enum top_sort sort; /* TOP_SORTS for none */
};

extern const struct top_cell_form top_cell_forms[TOP_VIEWS][CELLS];

bool top_is_rate(enum top_cell cell);

/* Whether a cell is a rate's, and has a time in its place. */
bool top_is_time(const struct top *top, enum top_cell cell);
enum top_sort top_cell_sort(const struct top *top, enum top_cell cell);
bool top_is_sorted_by(const struct top *top, enum top_cell cell);

struct top_layout {
	size_t widths[CELLS]; /* 0 for a cell that is not there */
	double most; /* exits, which sparklines have at their top */
	size_t n_rates;
};

/* What there is room for in so many columns. */
void top_lay_out(const struct top *top, size_t columns, struct top_layout *out);

/* -- cells.c --------------------------------------------------------------- */

/* A count in short, "30" or "39.3M". */
#define TOP_COUNT_MAX 32
void top_count_text(long long count, char *out, size_t size);

/* A line of cells; row is NULL for the head. */
void top_line(const struct top *top, const struct top_layout *layout, const struct top_row *row,
	      char *out, size_t size);

/* -- help.c ---------------------------------------------------------------- */

/* A line of the help; NULL behind the last. */
const char *top_help_line(size_t line);

/*
 * What a row's topic is about, in lines of so many columns, from the first one on; gives
 * how many there are.
 */
size_t top_explain(const struct top_row *row, size_t columns, size_t first, size_t lines,
		   top_put put, void *userdata);

/* The title, the head and all rows, for no terminal. */
void top_print(const struct top *top, top_put put, void *userdata);

#endif
