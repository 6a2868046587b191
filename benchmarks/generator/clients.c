/* The clients: connects them, and moves bytes between them and their sockets. */
#define _GNU_SOURCE
#include "chat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE 262144
#define EVENTS 64         /* taken at a time, so that a message that is due waits for few reads */
/* It looks at its sockets at intervals and never waits on them: a server that wakes a reader on the
 * same machine with every write would pay for that in its own CPU time, as no remote client makes
 * it pay. Every latency is up to this much longer. */
#define NAP_NS 250000
#define SAMPLED 20        /* clients whose messages are timed; the others only count */
#define STUCK_BUFFER 1    /* bytes; the kernel makes it its minimum */
#define JOIN_TIMEOUT_S 20
#define CONNECTS_A_TURN 16 /* those who have come must answer pings while the others come */

struct client *clients;
long live, lost;
long *live_in;

static int poll_fd;

void lose(struct client *client)
{
    if (client->fd < 0)
        return;
    close(client->fd);
    client->fd = -1;
    if (settings.follow && !client->follows)
        fail("a sender was lost, and those who follow cannot stand in for it");
    lost++;
    live -= !client->stuck;
    live_in[client->number % settings.rooms] -= !client->stuck;
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

/* Give the socket a message, or the rest of one; whether it took all. */
int push(struct client *client, const uint8_t *data, size_t length)
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

/* Handle some of what has come, or nap if nothing has. */
void turn(void)
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

/* Wait until a client of v1 is in its room. */
static void join(struct client *client)
{
    int64_t deadline = now_ns() + JOIN_TIMEOUT_S * NS_PER_S;
    say_hello(client);
    while (!client->joined) {
        turn();
        if (client->fd < 0 || now_ns() > deadline)
            fail("a client could not join");
    }
}

static void connect_one(struct client *client)
{
    char rest[4096];
    size_t rest_length;
    client->outgoing = malloc(WIRE_MAX);
    client->id = -1;
    client->joined = client->follows || !settings.v1;
    long followed = client->follows ? client->number % settings.rooms : -1;
    client->fd = connect_client(client->stuck ? STUCK_BUFFER : 0, followed, rest, &rest_length);
    if (client->fd < 0 || !client->outgoing)
        fail("connect");
    if (client->stuck)
        return;
    watch(client);
    take(client, (uint8_t *)rest, rest_length, now_ns());
    if (!client->joined)
        join(client);
    live++;
    live_in[client->number % settings.rooms]++;
}

void connect_all(void)
{
    long stuck_every = settings.stuck ? settings.clients / settings.stuck : 0;
    long sample_every = settings.clients > SAMPLED ? settings.clients / SAMPLED : 1;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc(settings.clients, sizeof *clients);
    live_in = calloc(settings.rooms, sizeof *live_in);
    for (long i = 0; i < settings.clients; i++) {
        clients[i].number = i;
        clients[i].stuck = stuck_every && i % stuck_every == stuck_every - 1;
        clients[i].sampled = i % sample_every == (settings.follow ? sample_every / 2 : 0);
        clients[i].follows = settings.follow && i % (settings.clients / settings.senders);
        connect_one(&clients[i]);
        if (i % CONNECTS_A_TURN == 0)
            turn();
    }
}
