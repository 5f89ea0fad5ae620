# SPDX-License-Identifier: GPL-2.0-or-later
# Macros that configure.ac uses more than once.

# KVMEXITD_CC_FLAGS(VARIABLE, FLAGS): append those of FLAGS that the compiler
# knows.  -Werror, since clang only warns about warning flags it does not know.
AC_DEFUN([KVMEXITD_CC_FLAGS], [
	for flag in $2; do
		AS_VAR_PUSHDEF([cache], [kvmexitd_cv_cc_$flag])
		AC_CACHE_CHECK([whether $CC takes $flag], [cache], [
			saved_CFLAGS=$CFLAGS
			CFLAGS="$CFLAGS -Werror $flag"
			AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
				[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
			CFLAGS=$saved_CFLAGS
		])
		AS_VAR_IF([cache], [yes], [$1="$$1 $flag"])
		AS_VAR_POPDEF([cache])
	done
])

# KVMEXITD_DIR(NAME, PACKAGE, VARIABLE, DEFAULT, WHAT): a directory that belongs
# to another package, from --with-NAME, else that package's pkg-config file,
# else DEFAULT.
AC_DEFUN([KVMEXITD_DIR], [
	AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=DIR], [directory for $5])],
		[$1=$withval], [$1=auto])
	AS_CASE([$$1], [auto|yes], [
		$1=`$PKG_CONFIG --variable=$3 $2 2>/dev/null`
		AS_IF([test -z "$$1"], [$1=$4])
	], [no], [AC_MSG_ERROR([--without-$1 makes no sense, give a directory])])
	AC_SUBST([$1])
])

# KVMEXITD_BPF(auto|yes|no): sets have_bpf, bpf_why where it is not "yes", and what the
# program is compiled with.
AC_DEFUN([KVMEXITD_BPF], [
	have_bpf=no bpf_why=
	AC_PATH_PROGS([CLANG], [clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14])
	# Debian has it where users do not look.
	AC_PATH_PROG([BPFTOOL], [bpftool], [], [$PATH:/usr/sbin:/sbin])
	PKG_CHECK_MODULES([LIBBPF], [libbpf >= 1.1], [have_libbpf=yes], [have_libbpf=no])
	# The kernel's headers for this machine, which clang does not look for by itself.
	BPF_INCLUDES="-idirafter /usr/include/`$CC -print-multiarch 2>/dev/null`"
	AC_SUBST([BPF_INCLUDES])
	AS_CASE([$1],
		[no], [bpf_why=' (--with-bpf=no)'],
		[yes|auto], [
			AS_IF([test -z "$CLANG"], [bpf_why=' (no clang)'],
				[test -z "$BPFTOOL"], [bpf_why=' (no bpftool)'],
				[test "$have_libbpf" = no], [bpf_why=' (no libbpf 1.1 or later)'],
				[have_bpf=yes])
		],
		[AC_MSG_ERROR([--with-bpf takes auto, yes or no])])
	AS_IF([test "$1-$have_bpf" = yes-no], [AC_MSG_ERROR([--with-bpf=yes:$bpf_why])])
	AS_IF([test "$have_bpf" = no],
		[bpf_why="$bpf_why: exits are counted where KVM is patched, and nowhere else"])
])
