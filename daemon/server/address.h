/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where server and client meet, if they are not told otherwise.
 */
#ifndef KVMEXITD_SERVER_ADDRESS_H
#define KVMEXITD_SERVER_ADDRESS_H

/* As in kvmexitd.socket; /run is systemd's, whatever the prefix is. */
#define SERVER_SOCKET_PATH "/run/kvmexitd/io.kvmexit.Exits"

/* Who may connect, by SocketGroup=. */
#define SERVER_SOCKET_GROUP "kvmexit"

#endif
