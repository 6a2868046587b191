/* What the parts of the load generator share. */
#ifndef GENERATOR_H
#define GENERATOR_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL

/* Settings; each is given on the command line as name=value, all of them whole numbers. */
struct settings {
    long port;
    long clients;   /* connections to open */
    long senders;   /* of them send */
    long rooms;     /* the clients are spread over so many; more than 1 needs v1 */
    long v1;        /* 1: speak v1 and have what is sent acknowledged; 0: lines of text */
    long rate;      /* messages a second, of all senders together; 0 sends nothing */
    long size;      /* bytes of a message's text */
    long stuck;     /* of the clients never read */
    long follow;    /* 1: those who do not send follow their room over HTTP; needs v1 */
    long warmup_ms; /* of sending before anything counts */
    long window_ms; /* in which everything counts; SIGUSR1 ends it early */
    long drain_ms;  /* at most, to wait for what was sent in time to arrive */
    long trace;     /* 1: tell every latency with its time, not only how they are spread */
    long burst;     /* 1: open them one after another, then as many at once, and that is all */
};

extern struct settings settings;

int64_t now_ns(void);

/* End the program with a reason on stderr. */
void fail(const char *what);

/* Open a TCP socket to the server; receive_buffer 0 leaves the kernel's default. */
int open_socket(int receive_buffer);

/* Begin to connect; the outcome shows when the socket is writable. 0, or -1 and errno. */
int begin_connect(int fd);

/* Ask for the upgrade. 0, or -1 if the socket did not take it. */
int ask_upgrade(int fd);

/* The length of a complete answer head in data; 0: not complete; -1: not a 101. */
long upgraded(const char *data, size_t length);

/* Connect and upgrade, or follow a room if followed is not -1, waiting. Returns the socket, or -1;
 * what the server sent behind its answer is in rest[*rest_length]. The socket is non-blocking
 * afterwards. */
int connect_client(int receive_buffer, long followed, char *rest, size_t *rest_length);

/* The two programs. */
int run_chat(void);
int run_burst(void);

#endif
