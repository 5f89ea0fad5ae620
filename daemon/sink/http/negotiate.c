// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of what is on offer a client prefers. */
#include "config.h"

#include "sink/http/negotiate.h"

#include <string.h>
#include <strings.h>

#include "util/util.h"

#define Q_MAX 1000U

/* A part of a header; not terminated. */
struct slice {
	const char *at;
	size_t len;
};

/* An element of a list: a name, and of its parameters those that matter. */
struct element {
	struct slice name;
	struct slice version;
	unsigned int q;
	bool malformed;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct slice trim(struct slice s)
{
	while (s.len && is_space(*s.at)) {
		s.at++;
		s.len--;
	}
	while (s.len && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

static bool is(struct slice s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

/*
 * Up to stop, which does not count inside a quoted string; *rest begins behind
 * it, or is empty at the end.
 */
static struct slice cut(struct slice *rest, char stop)
{
	bool quoted = false;
	struct slice s;
	size_t i;

	for (i = 0; i < rest->len; i++) {
		if (quoted && rest->at[i] == '\\')
			i++;
		else if (rest->at[i] == '"')
			quoted = !quoted;
		else if (!quoted && rest->at[i] == stop)
			break;
	}
	if (i > rest->len)
		i = rest->len;
	s = (struct slice){ rest->at, i };
	if (i < rest->len)
		i++;
	rest->at += i;
	rest->len -= i;
	return trim(s);
}

/* 0 to 1 with up to three decimals; false for anything else. */
static bool parse_q(struct slice s, unsigned int *out)
{
	unsigned int q, unit = Q_MAX / 10;
	size_t i;

	if (s.len < 1 || s.len > 5 || (s.at[0] != '0' && s.at[0] != '1') ||
	    (s.len > 1 && s.at[1] != '.'))
		return false;
	q = s.at[0] == '1' ? Q_MAX : 0;
	for (i = 2; i < s.len; i++, unit /= 10) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		q += (unsigned int)(s.at[i] - '0') * unit;
	}
	if (q > Q_MAX)
		return false;
	*out = q;
	return true;
}

static struct slice unquote(struct slice s)
{
	if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
		return (struct slice){ s.at + 1, s.len - 2 };
	return s;
}

static struct element parse_element(struct slice text)
{
	struct element element = { .name = cut(&text, ';'), .q = Q_MAX };
	struct slice value, name;

	while (text.len) {
		value = cut(&text, ';');
		name = cut(&value, '=');
		if (is(name, "q"))
			element.malformed |= !parse_q(trim(value), &element.q);
		else if (is(name, "version"))
			element.version = unquote(trim(value));
	}
	return element;
}

/* What names it most exactly decides; of the same, what the client likes most. */
static void prefer(struct negotiation *negotiation, struct preference *preference,
		   unsigned int rank, unsigned int q)
{
	if (rank < preference->rank || (rank == preference->rank && q <= preference->q))
		return;
	preference->rank = rank;
	preference->q = q;
	preference->order = ++negotiation->named;
}

static const struct {
	const char *name, *range, *version;
} types[METRICS_HTTP_FORMATS] = {
	[METRICS_PROMETHEUS] = { "text/plain", "text/*", "0.0.4" },
	[METRICS_OPENMETRICS] = { "application/openmetrics-text", "application/*", "1.0.0" },
};

/* 0 where the element is about something else. */
static unsigned int type_rank(const struct element *element, enum metrics_format format)
{
	if (is(element->name, types[format].name)) {
		if (!element->version.at)
			return 3;
		return is(element->version, types[format].version) ? 4 : 0;
	}
	if (is(element->name, types[format].range))
		return 2;
	return is(element->name, "*/*") ? 1 : 0;
}

void negotiate_accept(struct negotiation *negotiation, const char *value)
{
	struct slice rest = { value, strlen(value) };
	struct element element;
	unsigned int rank;
	size_t i;

	while (rest.len) {
		element = parse_element(cut(&rest, ','));
		for (i = 0; i < METRICS_HTTP_FORMATS && !element.malformed; i++) {
			rank = type_rank(&element, (enum metrics_format)i);
			if (rank)
				prefer(negotiation, &negotiation->formats[i], rank, element.q);
		}
	}
}

void negotiate_encoding(struct negotiation *negotiation, const char *value)
{
	struct slice rest = { value, strlen(value) };
	struct element element;

	while (rest.len) {
		element = parse_element(cut(&rest, ','));
		if (element.malformed)
			continue;
		if (is(element.name, "gzip") || is(element.name, "x-gzip"))
			prefer(negotiation, &negotiation->gzip, 2, element.q);
		else if (is(element.name, "*"))
			prefer(negotiation, &negotiation->gzip, 1, element.q);
		else if (is(element.name, "identity"))
			prefer(negotiation, &negotiation->identity, 1, element.q);
	}
}

/* Whether a comes before b. */
static bool is_preferred(const struct preference *a, const struct preference *b)
{
	if (a->q != b->q)
		return a->q > b->q;
	if (a->rank != b->rank)
		return a->rank > b->rank;
	/* A wildcard names neither; of what is named, the first. */
	return a->rank > 2 && a->order < b->order;
}

enum metrics_format negotiation_format(const struct negotiation *negotiation)
{
	const struct preference *openmetrics = &negotiation->formats[METRICS_OPENMETRICS];

	return openmetrics->q > 0 && is_preferred(openmetrics,
						  &negotiation->formats[METRICS_PROMETHEUS]) ?
		       METRICS_OPENMETRICS :
		       METRICS_PROMETHEUS;
}

bool negotiation_gzip(const struct negotiation *negotiation)
{
	return negotiation->gzip.q > 0 && negotiation->gzip.q >= negotiation->identity.q;
}
