// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's configuration: when the source sets it, and what is refused. */
#include "config.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>

#include "fake_kernel.h"
#include "model/kernel_config.h"
#include "nlmsg_build.h"
#include "source/netlink/genl_source.h"
#include "unit_test.h"

#define EPOCH 1000

static void family_event(struct fake_kernel *f, uint8_t command)
{
	fake_event(f, build_family(command, 0, KVM_EXITSTAT_FAMILY_NAME, BUILD_FAMILY,
				   KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP));
}

/* Each setting by itself, as soon as there is a family, and when it comes anew. */
static void test_configure(void **state)
{
	struct fake_kernel *f = *state;
	struct kernel_config config = { 0 };
	char text[GENL_TEXT_BYTES];
	uint32_t nl_seq;

	kernel_config_set(&config, KERNEL_INTERVAL_MS, 250);
	kernel_config_set(&config, KERNEL_BATCH_EXITS, 77);
	genl_source_configure(f->source, &config);
	assert_int_equal(fake_sets, 0);
	assert_int_equal(genl_source_set_config(f->source, &config, text), -ENODEV);

	fake_to_streaming(f, EPOCH, 5);
	assert_int_equal(fake_sets, 2);
	assert_int_equal(fake_set[KVM_EXITSTAT_A_CONFIG_INTERVAL_MS], 250);
	assert_int_equal(fake_set[KVM_EXITSTAT_A_CONFIG_BATCH_EXITS], 77);
	assert_int_equal(fake_set[KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS], 0);

	/* At once, and both together. */
	kernel_config_set(&config, KERNEL_INTERVAL_MS, 300);
	assert_int_equal(genl_source_set_config(f->source, &config, text), 0);
	assert_int_equal(fake_sets, 3);
	assert_int_equal(fake_set[KVM_EXITSTAT_A_CONFIG_INTERVAL_MS], 300);

	/* What is set for now is not for ever, what is configured is. */
	family_event(f, CTRL_CMD_DELFAMILY);
	fake_run(f);
	family_event(f, CTRL_CMD_NEWFAMILY);
	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_answer(f, nl_seq,
		    build_family(CTRL_CMD_NEWFAMILY, nl_seq, KVM_EXITSTAT_FAMILY_NAME, BUILD_FAMILY,
				 KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP),
		    0);
	fake_run(f);
	assert_int_equal(fake_sets, 5);
	assert_int_equal(fake_set[KVM_EXITSTAT_A_CONFIG_INTERVAL_MS], 250);
}

static void test_configure_refused(void **state)
{
	struct fake_kernel *f = *state;
	struct kernel_config config = { 0 };
	char text[GENL_TEXT_BYTES];

	fake_set_result = -ERANGE;
	kernel_config_set(&config, KERNEL_INTERVAL_MS, 1);
	genl_source_configure(f->source, &config);
	fake_to_streaming(f, EPOCH, 5);
	assert_int_equal(fake_sets, 1);
	assert_int_equal(genl_source_set_config(f->source, &config, text), -ERANGE);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_configure, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_configure_refused, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
