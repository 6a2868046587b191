/* Sends at a fixed rate, whatever the server does, and counts and times what comes back. */
#define _GNU_SOURCE
#include "generator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARKER '~'        /* begins every message and is nowhere else in it */
#define DIGITS 16         /* behind the marker, in hexadecimal: when it was due to be sent, in ns */
#define MESSAGE_MAX 65536 /* bytes */
#define READ_SIZE 262144
#define EVENTS 64         /* taken at a time, so that a message that is due waits for few reads */
/* It looks at its sockets at intervals and never waits on them: a server that wakes a reader on the
 * same machine with every write would pay for that in its own CPU time, as no remote client makes
 * it pay. Every latency is up to this much longer. */
#define NAP_NS 250000
#define SAMPLED 20        /* clients whose messages are timed; the others only count */
#define STUCK_BUFFER 1    /* bytes; the kernel makes it its minimum */
#define WATCH_NS (20 * NS_PER_MS) /* how often the stuck ones are looked at */

struct client {
    int fd;              /* -1 once it is lost */
    int sampled;
    int stuck;
    int opcode;          /* of the frame under way */
    size_t header_filled;
    uint64_t left;       /* bytes of the payload under way that have not come */
    uint8_t header[10];
    int digits;          /* of the timestamp under way that have not come */
    uint64_t timestamp;
    size_t control_filled;
    uint8_t control[125];
    size_t unsent;       /* bytes of its last message that the socket did not take */
    uint8_t *outgoing;   /* that message */
    int unread;          /* bytes a stuck one has in its buffer */
    int64_t stalled;     /* when that last grew */
};

static struct client *clients;
static long live, lost;
static int poll_fd;
static int64_t begin_at, end_at;

/* Of the whole run, and of the window alone. */
static uint64_t deliveries, expected, sent, backpressured;
static uint64_t window_deliveries, window_expected, window_sent;
static int64_t latest_ns; /* the most that a message was sent behind its time */

static uint32_t *samples; /* latencies in µs */
static size_t sample_count, sample_room;

static void keep_sample(int64_t due, int64_t now)
{
    if (due < begin_at || due >= end_at)
        return;
    if (sample_count == sample_room) {
        sample_room = sample_room ? 2 * sample_room : 65536;
        samples = realloc(samples, sample_room * sizeof *samples);
        if (!samples)
            fail("realloc");
    }
    samples[sample_count++] = (uint32_t)((now - due) / 1000);
}

static void lose(struct client *client)
{
    if (client->fd < 0)
        return;
    close(client->fd);
    client->fd = -1;
    lost++;
    live -= !client->stuck;
}

static size_t frame(uint8_t *out, int opcode, const uint8_t *payload, size_t length)
{
    static const uint8_t mask[4] = {0x5b, 0x1d, 0xe7, 0x92};
    size_t at = 0;
    out[at++] = 0x80 | opcode;
    if (length < 126) {
        out[at++] = 0x80 | length;
    } else {
        out[at++] = 0x80 | 126;
        out[at++] = length >> 8;
        out[at++] = length & 255;
    }
    memcpy(out + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < length; i++)
        out[at + i] = payload[i] ^ mask[i & 3];
    return at + length;
}

/* Time the messages in a piece of payload; a timestamp may be cut by the end of a read. */
static void time_messages(struct client *client, const uint8_t *data, size_t length, int64_t now)
{
    const uint8_t *end = data + length;
    while (data < end) {
        if (!client->digits) {
            data = memchr(data, MARKER, end - data);
            if (!data)
                return;
            data++;
            client->digits = DIGITS;
            client->timestamp = 0;
            continue;
        }
        uint8_t digit = *data++;
        client->timestamp = client->timestamp << 4 | (digit <= '9' ? digit - '0' : digit - 'a' + 10);
        if (!--client->digits)
            keep_sample((int64_t)client->timestamp, now);
    }
}

static uint64_t count(const uint8_t *data, size_t length)
{
    uint64_t markers = 0;
    for (size_t i = 0; i < length; i++) /* the compiler makes this 16 or more bytes at a time */
        markers += data[i] == MARKER;
    return markers;
}

static void take_control(struct client *client)
{
    uint8_t pong[sizeof client->control + 8];
    if (client->opcode == 8) {
        lose(client);
    } else if (client->opcode == 9 && !client->unsent) { /* not into the middle of a message */
        size_t length = frame(pong, 10, client->control, client->control_filled);
        if (send(client->fd, pong, length, MSG_NOSIGNAL) != (ssize_t)length)
            lose(client);
    }
    client->control_filled = 0;
}

static void take_payload(struct client *client, const uint8_t *data, size_t length, int64_t now)
{
    if (client->opcode >= 8) {
        memcpy(client->control + client->control_filled, data, length);
        client->control_filled += length;
        return;
    }
    deliveries += count(data, length);
    if (client->sampled)
        time_messages(client, data, length, now);
}

/* Whether the header under way is complete; if so, the size of its payload is known. */
static int read_header(struct client *client)
{
    const uint8_t *header = client->header;
    size_t extra = header[1] < 126 ? 0 : header[1] == 126 ? 2 : 8;
    if (client->header_filled < 2 || client->header_filled < 2 + extra)
        return 0;
    client->opcode = header[0] & 15;
    client->left = extra ? 0 : header[1];
    for (size_t i = 0; i < extra; i++)
        client->left = client->left << 8 | header[2 + i];
    client->header_filled = 0;
    return 1;
}

static void take(struct client *client, const uint8_t *data, size_t length, int64_t now)
{
    while (length && client->fd >= 0) {
        if (!client->left) {
            client->header[client->header_filled++] = *data++;
            length--;
            if (!read_header(client) || client->left)
                continue;
        }
        size_t some = length < client->left ? length : client->left;
        take_payload(client, data, some, now);
        data += some;
        length -= some;
        client->left -= some;
        if (!client->left && client->opcode >= 8)
            take_control(client);
    }
}

static void receive(struct client *client)
{
    static uint8_t buffer[READ_SIZE];
    ssize_t got = recv(client->fd, buffer, sizeof buffer, 0);
    if (got > 0)
        take(client, buffer, got, now_ns());
    else if (got == 0 || errno != EAGAIN)
        lose(client);
}

/* Give the socket the rest of a message; whether it took all. */
static int push(struct client *client, const uint8_t *data, size_t length)
{
    ssize_t taken = send(client->fd, data, length, MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN) {
        lose(client);
        return 0;
    }
    client->unsent = length - (taken > 0 ? taken : 0);
    memmove(client->outgoing, data + length - client->unsent, client->unsent);
    return !client->unsent;
}

/* The n-th sender: the first healthy client from its place on, as those before may be lost. */
static struct client *sender(uint64_t number)
{
    long at = (long)(number % settings.senders) * (settings.clients / settings.senders);
    while (clients[at].stuck || clients[at].fd < 0)
        at = (at + 1) % settings.clients;
    return &clients[at];
}

static void send_message(uint64_t number, int64_t due)
{
    static uint8_t text[MESSAGE_MAX], wire[MESSAGE_MAX + 16];
    struct client *client = sender(number);
    if (client->unsent && !push(client, client->outgoing, client->unsent)) {
        backpressured++;
        return;
    }
    memset(text, 'x', settings.size);
    snprintf((char *)text, DIGITS + 2, "%c%016llx", MARKER, (unsigned long long)due);
    text[DIGITS + 1] = ' ';
    long audience = live;
    if (!push(client, wire, frame(wire, 1, text, settings.size)))
        backpressured++; /* a part is out, or waits: it will arrive, late */
    int counts = due >= begin_at && due < end_at;
    sent++;
    expected += audience;
    window_sent += counts;
    window_expected += counts ? audience : 0;
}

/* Send all that is due by now. */
static void send_due(int64_t now, int64_t start)
{
    static uint64_t number;
    if (!settings.rate)
        return;
    for (;;) {
        int64_t due = start + (int64_t)(number * (NS_PER_S / (double)settings.rate));
        if (due > now || due >= end_at || !live)
            return;
        if (due >= begin_at && now - due > latest_ns)
            latest_ns = now - due;
        send_message(number++, due);
    }
}

/* Note until when the stuck clients' buffers took something. */
static void watch_stuck(int64_t now)
{
    static int64_t next;
    if (!settings.stuck || now < next)
        return;
    next = now + WATCH_NS;
    for (long i = 0; i < settings.clients; i++) {
        int unread = 0;
        if (!clients[i].stuck || ioctl(clients[i].fd, FIONREAD, &unread) < 0)
            continue;
        if (unread > clients[i].unread) {
            clients[i].unread = unread;
            clients[i].stalled = now;
        }
    }
}

/* Handle some of what has come, or nap if nothing has. */
static void turn(void)
{
    static const struct timespec nap = {.tv_nsec = NAP_NS};
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poll_fd, events, EVENTS, 0);
    for (int i = 0; i < ready; i++) {
        struct client *client = events[i].data.ptr;
        if (client->fd >= 0)
            receive(client);
    }
    if (ready < EVENTS)
        nanosleep(&nap, NULL);
}

static void watch(struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, client->fd, &event) < 0)
        fail("epoll_ctl");
}

static void connect_all(void)
{
    char rest[4096];
    size_t rest_length;
    long stuck_every = settings.stuck ? settings.clients / settings.stuck : 0;
    long sample_every = settings.clients > SAMPLED ? settings.clients / SAMPLED : 1;
    clients = calloc(settings.clients, sizeof *clients);
    for (long i = 0; i < settings.clients; i++) {
        struct client *client = &clients[i];
        client->stuck = stuck_every && i % stuck_every == stuck_every - 1;
        client->sampled = i % sample_every == 0;
        client->outgoing = malloc(MESSAGE_MAX + 16);
        client->fd = connect_client(client->stuck ? STUCK_BUFFER : 0, rest, &rest_length);
        if (client->fd < 0)
            fail("connect");
        if (client->stuck)
            continue;
        live++;
        watch(client);
        take(client, (uint8_t *)rest, rest_length, now_ns());
    }
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double quantile_ms(double part)
{
    return sample_count ? samples[(size_t)(part * (sample_count - 1))] / 1000.0 : 0;
}

static void report(double window, double cpu)
{
    int64_t stalled = 0;
    for (long i = 0; i < settings.clients; i++)
        if (clients[i].stalled > stalled)
            stalled = clients[i].stalled;
    qsort(samples, sample_count, sizeof *samples, ascending);
    printf("{\"event\": \"result\", \"window_s\": %.6f, \"cpu_s\": %.6f, \"lost\": %ld, "
           "\"sent\": %lu, \"window_sent\": %lu, \"backpressured\": %lu, "
           "\"deliveries\": %lu, \"expected\": %lu, "
           "\"window_deliveries\": %lu, \"window_expected\": %lu, \"samples\": %zu, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"sent_late_ms\": %.3f, "
           "\"stalled_at\": %.6f}\n",
           window, cpu, lost, sent, window_sent, backpressured, deliveries, expected,
           window_deliveries, window_expected, sample_count, quantile_ms(.5), quantile_ms(.99),
           quantile_ms(1), (double)latest_ns / NS_PER_MS, (double)stalled / NS_PER_S);
}

/* One stretch of time in which things happen; returns when it is over. */
static int64_t run_until(int64_t deadline, int64_t start)
{
    int64_t now = now_ns();
    while (now < deadline) {
        send_due(now, start);
        watch_stuck(now);
        turn();
        now = now_ns();
    }
    return now;
}

int run_chat(void)
{
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    connect_all();
    printf("{\"event\": \"connected\"}\n");
    int64_t start = now_ns();
    begin_at = start + settings.warmup_ms * NS_PER_MS;
    end_at = begin_at + settings.window_ms * NS_PER_MS;
    int64_t began = run_until(begin_at, start);
    printf("{\"event\": \"begin\"}\n");
    uint64_t before = deliveries;
    double cpu = cpu_seconds();
    int64_t ended = run_until(end_at, start);
    printf("{\"event\": \"end\"}\n");
    window_deliveries = deliveries - before;
    cpu = cpu_seconds() - cpu;
    int64_t deadline = ended + settings.drain_ms * NS_PER_MS;
    while (deliveries < expected && now_ns() < deadline)
        turn();
    report((double)(ended - began) / NS_PER_S, cpu);
    return 0;
}
