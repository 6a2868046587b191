/* The load generator: its settings, and which of its two programs runs. */
#define _GNU_SOURCE
#include "generator.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct settings settings = {.rooms = 1};

static const struct {
    const char *name;
    long *value;
} names[] = {
    {"port", &settings.port},           {"clients", &settings.clients},
    {"senders", &settings.senders},     {"rate", &settings.rate},
    {"size", &settings.size},           {"stuck", &settings.stuck},
    {"warmup_ms", &settings.warmup_ms}, {"window_ms", &settings.window_ms},
    {"drain_ms", &settings.drain_ms},   {"burst", &settings.burst},
    {"rooms", &settings.rooms},         {"v1", &settings.v1},
    {"follow", &settings.follow},
    {"trace", &settings.trace},
};

int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void set(const char *argument)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i].name);
        if (strncmp(argument, names[i].name, length) == 0 && argument[length] == '=') {
            *names[i].value = strtol(argument + length + 1, NULL, 10);
            return;
        }
    }
    fprintf(stderr, "unknown setting: %s\n", argument);
    exit(2);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        set(arguments[i]);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0); /* the benchmark waits for single lines */
    return settings.burst ? run_burst() : run_chat();
}
