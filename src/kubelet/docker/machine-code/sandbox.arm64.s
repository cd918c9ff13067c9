// PID 1 of every Pod's sandbox on arm64: reaps children, ends on SIGINT or SIGTERM. See sandbox-image.ts.
.globl _start
_start:
  mov x0, #0x4002
  movk x0, #1, lsl #16     // signal set: SIGINT, SIGTERM, SIGCHLD
  str x0, [sp, #-16]!
  mov x0, #0               // SIG_BLOCK
  mov x1, sp
  mov x2, #0
  mov x3, #8
  mov x8, #135             // rt_sigprocmask
  svc #0
wait:
  mov x0, sp
  mov x1, #0
  mov x2, #0
  mov x3, #8
  mov x8, #137             // rt_sigtimedwait
  svc #0
  cmp x0, #17              // SIGCHLD
  b.eq reap
  cmp x0, #0               // interrupted
  b.lt wait
  mov x0, #0
  mov x8, #93              // exit
  svc #0
reap:
  mov x0, #-1
  mov x1, #0
  mov x2, #1               // WNOHANG
  mov x3, #0
  mov x8, #260             // wait4
  svc #0
  cmp x0, #0
  b.gt reap
  b wait
