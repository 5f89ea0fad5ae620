// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl: main() alone, so that tests link all else.
 */
#include "config.h"

#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	return ctl_main(argc, argv);
}
