#!/bin/sh
# What Debian's kernel makes of PCI, the ITS and a network; prints only what doesn't depend on time.
port=$(sed 's/.*trapeze.port=\([0-9]*\).*/\1/' /proc/cmdline)
for device in /sys/bus/pci/devices/*; do
  echo "device ${device##*/} $(cat $device/vendor $device/device $device/subsystem_device $device/class | tr '\n' ' ')"
done
echo "disk $(cat /sys/block/vda/size) $(sha256sum < /dev/vda)"
echo changed | dd of=/dev/vda bs=512 seek=5 conv=fsync,notrunc 2>/dev/null
echo 3 > /proc/sys/vm/drop_caches
echo "written $(dd if=/dev/vda bs=512 skip=5 count=1 2>/dev/null | head -1)"
echo "random $(head -c 16 /dev/hwrng | wc -c) bytes"
mount -t 9p -o trans=virtio,version=9p2000.L host /mnt && echo "shared $(cat /mnt/note)"
echo "console" > /dev/hvc0
echo "address $(ip -4 address show dev eth0 | sed -n 's/.*inet \([^ ]*\).*/\1/p'), $(ip route | head -1)"
ping -c 2 10.0.2.2 > /tmp/ping; echo "pings $(grep -c 'bytes from' /tmp/ping)"
echo "page $(wget -q -O - http://10.0.2.2:$port/page)"
echo "megabytes $(wget -q -O - http://10.0.2.2:$port/megabytes | sha256sum)"
post="POST /post HTTP/1.0\r\nContent-Length: 1000000\r\n\r\n"
echo "posted $( (printf "$post"; head -c 1000000 /dev/zero) | nc 10.0.2.2 $port | tail -1)"
wget -q -O - http://10.0.2.2:1/ > /dev/null 2>&1 || echo "refused"
echo "served"; (echo -e 'HTTP/1.0 200 OK\r\n\r\nfrom the guest') | nc -l -p 80 > /dev/null
# Messages by the ITS, and that each queue had some.
awk '/ITS-MSI/ { n = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print "message", $NF, (n > 0 ? "used" : "unused") }' /proc/interrupts
