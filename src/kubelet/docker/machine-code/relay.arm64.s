// `relay PORT` on arm64: joins stdin and stdout with 127.0.0.1:PORT. Writes one zero byte first, once connected;
// exits with 1 where nobody listens. See sandbox-image.ts.
.globl _start
_start:
  ldr x1, [sp, #16]        // argv[1]
  mov w19, #0
  mov w3, #10
digit:
  ldrb w0, [x1], #1
  subs w0, w0, #48
  b.mi parsed
  madd w19, w19, w3, w0
  b digit
parsed:
  rev16 w19, w19           // network byte order
  mov x0, #2               // AF_INET
  mov x1, #1               // SOCK_STREAM
  mov x2, #0
  mov x8, #198             // socket
  svc #0
  mov x20, x0
  mov w0, #2               // struct sockaddr_in
  orr w0, w0, w19, lsl #16
  mov w1, #0x7f
  movk w1, #0x0100, lsl #16 // 127.0.0.1
  stp w0, w1, [sp, #-16]!
  str xzr, [sp, #8]
  mov x0, x20
  mov x1, sp
  mov x2, #16
  mov x8, #203             // connect
  svc #0
  cmp x0, #0
  b.lt fail
  mov x0, #1
  add x1, sp, #8
  mov x2, #1
  mov x8, #64              // write: the zero byte
  svc #0
  sub sp, sp, #65536
  mov x0, #17              // SIGCHLD
  mov x1, #0
  mov x2, #0
  mov x3, #0
  mov x4, #0
  mov x8, #220             // clone: one process per direction, so that neither can hold up the other
  svc #0
  cbz x0, upstream
  mov x21, x0
  mov x22, x20             // downstream: socket to stdout
  mov x23, #1
  bl copy
  mov x0, x21
  mov x1, #9               // SIGKILL
  mov x8, #129             // kill
  svc #0
  mov x0, #0
exit:
  mov x8, #93              // exit
  svc #0
fail:
  mov x0, #1
  b exit
upstream:
  mov x0, #1               // only the other process may hold stdout and stderr open
  mov x8, #57              // close
  svc #0
  mov x0, #2
  mov x8, #57
  svc #0
  mov x22, #0              // stdin to socket
  mov x23, x20
  bl copy
  mov x0, x20
  mov x1, #1               // SHUT_WR
  mov x8, #210             // shutdown
  svc #0
  mov x0, #0
  b exit
copy:                      // from x22 to x23 until the end
  mov x0, x22
  mov x1, sp
  mov x2, #65536
  mov x8, #63              // read
  svc #0
  cmp x0, #0
  b.le copied
  mov x24, x0
  mov x25, sp
rest:
  mov x0, x23
  mov x1, x25
  mov x2, x24
  mov x8, #64              // write
  svc #0
  cmp x0, #0
  b.le copied
  add x25, x25, x0
  subs x24, x24, x0
  b.ne rest
  b copy
copied:
  ret
