/* What rpcsender and rpcreceiver know of each other. */
#ifndef RPC_H
#define RPC_H

#define RPC_ID 0x17
#define RPC_ID_SHARED 0x18 /* the receiver has several */
#define RPC_ID_WRONG 0x8
#define RPC_READY 0x72706331 /* keys of semaphores */
#define RPC_DONE 0x72706332

#endif
