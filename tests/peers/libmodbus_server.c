/* A device that nobody here wrote: libmodbus serving a register image read from standard input.
 * Each line is "address value" (decimal); an empty line ends the image. Then it prints its port and serves units on loopback
 * until it is killed. It plays one Countis-like meter; the image comes from the test. */
#include <errno.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers every connection, since a master and a second reader look at it at once. */
static _Noreturn void serve(modbus_t *ctx, modbus_mapping_t *map, int listener) {
    fd_set open;
    FD_ZERO(&open);
    FD_SET(listener, &open);
    for (;;) {
        fd_set ready = open;
        if (select(FD_SETSIZE, &ready, NULL, NULL, NULL) < 0) exit(5);
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            if (!FD_ISSET(fd, &ready)) continue;
            if (fd == listener) {
                int peer = accept(listener, NULL, NULL);
                if (peer >= 0) FD_SET(peer, &open);
                continue;
            }
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            modbus_set_socket(ctx, fd);
            int length = modbus_receive(ctx, query);
            if (length < 0 || (length > 0 && modbus_reply(ctx, query, length, map) < 0)) {
                close(fd);
                FD_CLR(fd, &open);
            }
        }
    }
}

int main(void) {
    modbus_mapping_t *map = modbus_mapping_new(0, 0, 65535, 65535);
    if (map == NULL) return 1;
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL && line[0] != '\n') {
        unsigned address, value;
        if (sscanf(line, "%u %u", &address, &value) != 2 || address > 65534 || value > 65535) return 2;
        map->tab_registers[address] = (uint16_t)value;
        map->tab_input_registers[address] = (uint16_t)value;
    }
    modbus_t *ctx = modbus_new_tcp("127.0.0.1", 0);
    int listener = modbus_tcp_listen(ctx, 4);
    if (listener < 0) return 3;
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    if (getsockname(listener, (struct sockaddr *)&bound, &size) != 0) return 4;
    printf("%d\n", ntohs(bound.sin_port));
    fflush(stdout);
    serve(ctx, map, listener);
}
