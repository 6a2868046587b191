/* Opens connections one after another, then as many at once, tells how fast that went, and closes
   all of them at once. */
#define _GNU_SOURCE
#include "generator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_S 60 /* for all that are opened at once */
#define BETWEEN_S 2 /* for the server to rest before they are closed */
#define GOING_S 6 /* for it to take in that they are */
#define EVENTS 256
#define REST_SIZE 4096

/* A connection on its way; what came of its answer is kept until the head is complete. */
struct opening {
    int fd;
    int asked;
    size_t filled;
    char answer[512];
};

static int64_t began;
static int64_t slowest_ns; /* of those opened at once, from the common start to its 101 */

static double seconds(int64_t ns)
{
    return (double)ns / NS_PER_S;
}

/* Returns how many did not come in. */
static long open_in_turn(void)
{
    long refused = 0;
    char rest[REST_SIZE];
    size_t rest_length;
    for (long i = 0; i < settings.clients; i++)
        refused += connect_client(0, -1, rest, &rest_length) < 0;
    return refused;
}

/* Move one connection on; 1: it is in, 0: not yet, -1: refused. */
static int advance(struct opening *opening)
{
    if (!opening->asked) {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(opening->fd, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error || ask_upgrade(opening->fd))
            return -1;
        opening->asked = 1;
        return 0;
    }
    ssize_t got = recv(opening->fd, opening->answer + opening->filled,
                       sizeof opening->answer - opening->filled, 0);
    if (got < 0 && errno == EAGAIN)
        return 0;
    if (got <= 0)
        return -1;
    opening->filled += got;
    long head = upgraded(opening->answer, opening->filled);
    return head > 0 ? 1 : (int)head;
}

static void begin_all(int poll_fd, struct opening *openings)
{
    for (long i = 0; i < settings.clients; i++) {
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = &openings[i]};
        openings[i].fd = open_socket(0);
        begin_connect(openings[i].fd); /* its error, if any, shows as soon as it is polled */
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, openings[i].fd, &event);
    }
}

/* Returns how many came in; those that did not within the deadline count as refused. */
static long open_at_once(void)
{
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct opening *openings = calloc(settings.clients, sizeof *openings);
    struct epoll_event events[EVENTS];
    long in = 0, waiting = settings.clients;
    int64_t deadline = began + DEADLINE_S * NS_PER_S;
    begin_all(poll_fd, openings);
    while (waiting && now_ns() < deadline) {
        int ready = epoll_wait(poll_fd, events, EVENTS, 100);
        for (int i = 0; i < ready; i++) {
            struct opening *opening = events[i].data.ptr;
            int outcome = advance(opening);
            struct epoll_event event = {.events = EPOLLIN, .data.ptr = opening};
            epoll_ctl(poll_fd, outcome ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, opening->fd, &event);
            if (!outcome)
                continue;
            waiting--;
            in += outcome > 0;
            slowest_ns = now_ns() - began; /* they come in order of time */
        }
    }
    return in;
}

int run_burst(void)
{
    printf("{\"event\": \"begin\"}\n");
    began = now_ns();
    long refused = open_in_turn();
    double in_turn = seconds(now_ns() - began);
    printf("{\"event\": \"end\"}\n");
    began = now_ns();
    long in = open_at_once();
    sleep(BETWEEN_S);
    printf("{\"event\": \"leave\"}\n");
    close_range(STDERR_FILENO + 1, ~0U, 0);
    sleep(GOING_S);
    printf("{\"event\": \"left\"}\n");
    printf("{\"event\": \"result\", \"clients\": %ld, \"in_turn_refused\": %ld, "
           "\"in_turn_s\": %.6f, \"at_once_refused\": %ld, \"at_once_s\": %.6f}\n",
           settings.clients, refused, in_turn, settings.clients - in, seconds(slowest_ns));
    return 0;
}
