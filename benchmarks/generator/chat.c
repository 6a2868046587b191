/* The chat program: a warm-up, a window in which everything counts, and what came of it. */
#define _GNU_SOURCE
#include "chat.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#define WATCH_NS (20 * NS_PER_MS) /* how often the stuck ones are looked at */

struct tally tally;
struct samples latencies, acknowledgements;
int64_t begin_at, end_at;

static volatile sig_atomic_t is_over;

static void end_early(int number)
{
    is_over = number;
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

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int64_t last_stalled(void)
{
    int64_t stalled = 0;
    for (long i = 0; i < settings.clients; i++)
        if (clients[i].stalled > stalled)
            stalled = clients[i].stalled;
    return stalled;
}

static void report(double window, double cpu)
{
    if (settings.trace)
        print_trace(&latencies);
    sort_samples(&latencies);
    sort_samples(&acknowledgements);
    printf("{\"event\": \"result\", \"window_s\": %.6f, \"cpu_s\": %.6f, \"lost\": %ld, "
           "\"sent\": %lu, \"window_sent\": %lu, \"backpressured\": %lu, "
           "\"deliveries\": %lu, \"expected\": %lu, "
           "\"window_deliveries\": %lu, \"window_expected\": %lu, \"samples\": %zu, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
           "\"acknowledged\": %lu, \"ack_samples\": %zu, \"ack_p50_ms\": %.3f, "
           "\"ack_p99_ms\": %.3f, \"sent_late_ms\": %.3f, \"stalled_at\": %.6f}\n",
           window, cpu, lost, tally.sent, tally.window_sent, tally.backpressured,
           tally.deliveries, tally.expected, tally.window_deliveries, tally.window_expected,
           latencies.count, quantile_ms(&latencies, .5), quantile_ms(&latencies, .99),
           quantile_ms(&latencies, 1), tally.acknowledged, acknowledgements.count,
           quantile_ms(&acknowledgements, .5), quantile_ms(&acknowledgements, .99),
           (double)tally.latest_ns / NS_PER_MS, (double)last_stalled() / NS_PER_S);
}

/* One stretch of time in which things happen; returns when it is over. */
static int64_t run_until(int64_t deadline, int64_t start)
{
    int64_t now = now_ns();
    while (now < deadline && !is_over) {
        send_due(now, start);
        watch_stuck(now);
        turn();
        now = now_ns();
    }
    return now;
}

static int is_complete(void)
{
    return tally.deliveries >= tally.expected &&
           (!settings.v1 || tally.acknowledged >= tally.sent);
}

int run_chat(void)
{
    signal(SIGUSR1, end_early);
    connect_all();
    printf("{\"event\": \"connected\"}\n");
    int64_t start = now_ns();
    begin_at = start + settings.warmup_ms * NS_PER_MS;
    end_at = begin_at + settings.window_ms * NS_PER_MS;
    int64_t began = run_until(begin_at, start);
    printf("{\"event\": \"begin\"}\n");
    uint64_t before = tally.deliveries;
    double cpu = cpu_seconds();
    int64_t ended = run_until(end_at, start);
    printf("{\"event\": \"end\"}\n");
    tally.window_deliveries = tally.deliveries - before;
    cpu = cpu_seconds() - cpu;
    int64_t deadline = ended + settings.drain_ms * NS_PER_MS;
    while (!is_complete() && now_ns() < deadline)
        turn();
    report((double)(ended - began) / NS_PER_S, cpu);
    return 0;
}
