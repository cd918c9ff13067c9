/*
 * An SCTP server and client in user space, over raw sockets: they need nothing of the kernel's own SCTP.
 *   sctp server PORT NAME        says "ready", and answers each message with "NAME LENGTH CLIENT"
 *   sctp client ADDRESS PORT N   sends a message of N bytes, and prints the answer and whom it came from
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usrsctp.h>

static struct sockaddr_in peer;

/* Length of the next message; not positive when the association has ended. */
static ssize_t receive(struct socket *association, char *message, size_t size)
{
	struct sctp_rcvinfo info;
	socklen_t info_length = sizeof info, peer_length = sizeof peer;
	unsigned int type;
	int flags = 0;

	return usrsctp_recvv(association, message, size, (struct sockaddr *)&peer, &peer_length, &info, &info_length, &type,
			     &flags);
}

static int serve(struct socket *listener, const char *name)
{
	static char message[65536];

	peer.sin_addr.s_addr = INADDR_ANY;
	if (usrsctp_bind(listener, (struct sockaddr *)&peer, sizeof peer) < 0 || usrsctp_listen(listener, 5) < 0) {
		perror("listen");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct socket *association = usrsctp_accept(listener, NULL, NULL);
		ssize_t length;

		if (!association)
			return 1;
		while ((length = receive(association, message, sizeof message)) > 0) {
			int answer = snprintf(message, sizeof message, "%s %zd %s", name, length, inet_ntoa(peer.sin_addr));

			usrsctp_sendv(association, message, answer, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0);
		}
		usrsctp_close(association);
	}
}

/* One address, that from which the peer is reached: many and their translation do not go together. */
static int bind_one(struct socket *association)
{
	struct sockaddr_in own;
	socklen_t length = sizeof own;
	int probe = socket(AF_INET, SOCK_DGRAM, 0);

	if (connect(probe, (struct sockaddr *)&peer, sizeof peer) < 0 || getsockname(probe, (struct sockaddr *)&own, &length) < 0)
		return -1;
	close(probe);
	own.sin_port = 0;
	return usrsctp_bind(association, (struct sockaddr *)&own, sizeof own);
}

static int ask(struct socket *association, size_t length)
{
	char *message = calloc(1, length), answer[256];
	ssize_t heard;

	if (bind_one(association) < 0 || usrsctp_connect(association, (struct sockaddr *)&peer, sizeof peer) < 0) {
		perror("connect");
		return 1;
	}
	usrsctp_sendv(association, message, length, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0);
	heard = receive(association, answer, sizeof answer);
	if (heard <= 0) {
		fputs("no answer\n", stderr);
		return 1;
	}
	printf("%.*s %s\n", (int)heard, answer, inet_ntoa(peer.sin_addr));
	usrsctp_close(association);
	while (usrsctp_finish() != 0)
		usleep(1000);
	return 0;
}

int main(int argc, char **argv)
{
	struct socket *association;
	int serves = argc == 4 && strcmp(argv[1], "server") == 0;

	if (!serves && argc != 5)
		return 2;
	usrsctp_init(0, NULL, NULL);
	/* Late packets of a client that has gone are nobody's: no reason to abort. */
	usrsctp_sysctl_set_sctp_blackhole(2);
	association = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	peer.sin_family = AF_INET;
	peer.sin_port = htons(atoi(argv[serves ? 2 : 3]));
	if (!serves)
		inet_pton(AF_INET, argv[2], &peer.sin_addr);
	return serves ? serve(association, argv[3]) : ask(association, strtoul(argv[4], NULL, 10));
}
