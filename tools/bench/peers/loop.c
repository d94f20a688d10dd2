/* The yardstick: a loop on libmodbus that reads what the gateway reads, at the same pace, and does nothing with it.
 *
 * Usage: loop PERIOD_MS DEVICES REGISTERS PORT...
 * Reads REGISTERS holding registers from 0 of units 1 to DEVICES behind each port of 127.0.0.1, every PERIOD_MS, in
 * requests of 124 registers (62 whole floats), until it is told to end (SIGTERM). */
#include <errno.h>
#include <modbus.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LARGEST 124
#define MOST_PORTS 64

static volatile sig_atomic_t ending;
static void end(int signal) { (void)signal; ending = 1; }

int main(int argc, char **argv)
{
    if (argc < 5 || argc - 4 > MOST_PORTS)
        return fprintf(stderr, "usage: loop PERIOD_MS DEVICES REGISTERS PORT...\n"), 2;
    const long period_ns = atol(argv[1]) * 1000000L;
    const int devices = atoi(argv[2]), registers = atoi(argv[3]), ports = argc - 4;
    modbus_t *lines[MOST_PORTS];
    for (int at = 0; at < ports; at++) {
        lines[at] = modbus_new_tcp("127.0.0.1", atoi(argv[at + 4]));
        if (!lines[at] || modbus_connect(lines[at]) != 0)
            return fprintf(stderr, "connect to %s: %s\n", argv[at + 4], modbus_strerror(errno)), 1;
    }
    struct sigaction on_end = { .sa_handler = end };
    sigaction(SIGTERM, &on_end, NULL);
    puts("reading");
    fflush(stdout);
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    static uint16_t words[LARGEST];
    while (!ending) {
        for (int at = 0; at < ports; at++)
            for (int unit = 1; unit <= devices; unit++) {
                modbus_set_slave(lines[at], unit);
                for (int from = 0; from < registers; from += LARGEST) {
                    const int count = registers - from < LARGEST ? registers - from : LARGEST;
                    if (modbus_read_registers(lines[at], from, count, words) != count)
                        return fprintf(stderr, "read: %s\n", modbus_strerror(errno)), 1;
                }
            }
        due.tv_nsec += period_ns % 1000000000L;
        due.tv_sec += period_ns / 1000000000L;
        if (due.tv_nsec >= 1000000000L) {
            due.tv_nsec -= 1000000000L;
            due.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    return 0;
}
