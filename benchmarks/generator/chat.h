/* What the parts of the chat program share. */
#ifndef CHAT_H
#define CHAT_H

#include "generator.h"

#define MARKER '~'        /* begins every message and is nowhere else in what the server sends */
#define DIGITS 16         /* behind the marker, in hexadecimal: when it was due to be sent, in ns */
#define TEXT_MAX 65536    /* bytes of a message's text */
#define MESSAGE_MAX (TEXT_MAX + 512) /* and what v1 says about it */
#define WIRE_MAX (MESSAGE_MAX + 16)

struct client {
    int fd;              /* -1 once it is lost */
    long number;
    int sampled;
    int stuck;
    int sends;
    int follows;         /* over HTTP: what comes has no frames */
    int opcode;          /* of the frame under way */
    size_t header_filled;
    uint64_t left;       /* bytes of the payload under way that have not come */
    uint8_t header[10];
    int digits;          /* of the timestamp under way that have not come */
    uint64_t timestamp;
    int joined;          /* v1: whether it is in its room; a client of the other is at once */
    size_t matched;      /* v1: characters of the word that is looked for */
    int is_ok;           /* v1: whether an answer is under way, whose id has not come */
    int64_t id;          /* v1: the digits of that; -1: there were none yet */
    size_t control_filled;
    uint8_t control[125];
    size_t unsent;       /* bytes of its last message that the socket did not take */
    uint8_t *outgoing;   /* that message */
    int unread;          /* bytes a stuck one has in its buffer */
    int64_t stalled;     /* when that last grew */
};

/* Of the whole run, and of the window alone. */
struct tally {
    uint64_t deliveries, expected, sent, backpressured, acknowledged;
    uint64_t window_deliveries, window_expected, window_sent;
    int64_t latest_ns; /* the most that a message was sent behind its time */
};

struct samples {
    uint32_t *values; /* in µs */
    int64_t *times;   /* when each was due, if they are traced */
    size_t count, room;
};

extern struct client *clients;
extern long live, lost;
extern long *live_in; /* of each room */
extern struct tally tally;
extern struct samples latencies;        /* from due to delivered */
extern struct samples acknowledgements; /* from due to the answer that says it is kept */
extern int64_t begin_at, end_at;        /* of the window */

/* clients.c */
void connect_all(void);
void lose(struct client *client);
int push(struct client *client, const uint8_t *data, size_t length);
void turn(void);

/* wire.c */
size_t frame(uint8_t *out, int opcode, const uint8_t *payload, size_t length);
void take(struct client *client, const uint8_t *data, size_t length, int64_t now);

/* sending.c */
void send_due(int64_t now, int64_t start);
int64_t due_of(int64_t id);

/* v1.c */
void say_hello(struct client *client);
size_t write_send(uint8_t *out, const struct client *client, uint64_t id, const uint8_t *text);
void take_answers(struct client *client, const uint8_t *data, size_t length, int64_t now);

/* samples.c */
void keep_sample(struct samples *samples, int64_t due, int64_t now);
double quantile_ms(const struct samples *samples, double part);
void sort_samples(struct samples *samples);
void print_trace(const struct samples *samples);

#endif
