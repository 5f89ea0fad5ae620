// SPDX-License-Identifier: GPL-2.0-or-later
/* What a request for metrics is answered. */
#include "config.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "sink/http/internal.h"
#include "sink/http/negotiate.h"

#define PATH "/metrics"

/*
 * Those who receive slowly each keep an old text in memory: past this, the oldest
 * text goes, and with it the connections that it is sent on.
 */
#define TEXT_BYTES_MAX ((size_t)24 * 1024 * 1024)

static enum MHD_Result queue(struct site *site, struct MHD_Connection *connection,
			     unsigned int code, struct MHD_Response *response, uint64_t text)
{
	struct connection *known = metrics_http_find(connection);

	if (!known)
		return MHD_NO;
	connection_set_state(known, CONNECTION_SENDING, metrics_http_now_us(site->http));
	known->text = text;
	return MHD_queue_response(connection, code, response);
}

static enum MHD_Result answer(struct site *site, struct MHD_Connection *connection,
			      unsigned int code, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = queue(site, connection, code, response, 0);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_accept(void *userdata, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct negotiation *negotiation = userdata;

	(void)kind;
	if (value && strcasecmp(name, MHD_HTTP_HEADER_ACCEPT) == 0)
		negotiate_accept(negotiation, value);
	else if (value && strcasecmp(name, MHD_HTTP_HEADER_ACCEPT_ENCODING) == 0)
		negotiate_encoding(negotiation, value);
	return MHD_YES;
}

/* Makes room for another text, as far as those who receive slowly take it. */
static void bound_texts(const struct metrics_http *http)
{
	struct site *site;

	if (texts_bytes(http->texts) <= TEXT_BYTES_MAX)
		return;
	DL_FOREACH(http->sites, site)
		(void)connections_cut_oldest_text(&site->connections);
}

static enum MHD_Result send_metrics(struct site *site, struct MHD_Connection *connection)
{
	struct texts *texts = site->http->texts;
	struct negotiation negotiation = { 0 };
	struct MHD_Response *response;
	enum metrics_format format;
	bool gzip;

	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_accept, &negotiation);
	format = negotiation_format(&negotiation);
	gzip = negotiation_gzip(&negotiation);
	if (texts_is_stale(texts, format, gzip))
		bound_texts(site->http);
	response = texts_get(texts, format, gzip);
	if (!response)
		return answer(site, connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	return queue(site, connection, MHD_HTTP_OK, response, texts_number(texts, format, gzip));
}

static bool has_body(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					   MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

enum MHD_Result metrics_http_on_request(void *userdata, struct MHD_Connection *connection,
					const char *url, const char *method, const char *version,
					const char *upload, size_t *upload_size, void **state)
{
	static char headers_seen;
	struct site *site = userdata;

	(void)version;
	(void)upload;
	(void)upload_size;
	/*
	 * It is called first when the headers are here, and what is answered then ends
	 * the connection: which is right for a body, as nobody then waits for that.
	 */
	if (!*state && !has_body(connection)) {
		*state = &headers_seen;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer(site, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET " PATH "\n");
	if (strcmp(url, PATH) != 0)
		return answer(site, connection, MHD_HTTP_NOT_FOUND, "kvmexitd has " PATH "\n");
	return send_metrics(site, connection);
}
