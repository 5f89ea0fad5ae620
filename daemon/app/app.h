/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvmexitd as a whole: owns every object, and carries news between them. */
#ifndef KVMEXITD_APP_H
#define KVMEXITD_APP_H

struct app;
struct options;

/* Tells whether the configuration is right: 0 or -errno, and its files or its error. */
int app_check_config(const struct options *options);

/* -EBADMSG where the configuration is wrong, and that was logged. */
int app_new(struct app **out, const struct options *options);
struct app *app_free(struct app *app);

/* Runs until told to stop. 0, or -errno where it could not go on. */
int app_run(struct app *app);

#endif
