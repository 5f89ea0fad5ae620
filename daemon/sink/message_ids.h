/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of journal entries, as MESSAGE_ID. catalog/kvmexitd.catalog
 * explains each; an id is never given to another kind.
 */
#ifndef KVMEXITD_MESSAGE_IDS_H
#define KVMEXITD_MESSAGE_IDS_H

#define MESSAGE_ID_VM_APPEARED "9800e657b03d444ba6d53a7e9683e61f"
#define MESSAGE_ID_VM_ENDED    "4a640c0254d94087910c289941723eee"
#define MESSAGE_ID_SUMMARY     "36088cb8bc21438186844120f2ccaba7"
#define MESSAGE_ID_STREAMING   "951e63f9c3ce43f48e69febb971c3553"
#define MESSAGE_ID_WAITING     "d8d32549d0b446389033b8731fabde52"
#define MESSAGE_ID_DENIED      "0326abd6950a46f9a89efaded680aab8"
#define MESSAGE_ID_RESYNCED    "711402fc79104e2780915c9c3af8fe7e"
#define MESSAGE_ID_STORM_BEGAN "36e5eda71e8c4e69bc6948bd3e2ec581"
#define MESSAGE_ID_STORM_ENDED "f8146d04914545b4895d6af387bd742c"
#define MESSAGE_ID_SUPPRESSED  "fbaf6c1533f445a48fe2592a6b45f7db"

#endif
