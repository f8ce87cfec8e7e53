#!/bin/sh
# Two network namespaces, NAME-a and NAME-b, joined by a virtual link that can be taken down and up:
# as two machines with a cable between them, for test/system/two-namespaces.test.ts. Needs root and
# iproute2.
#
#   two-namespaces.sh make NAME     10.77.0.1 in NAME-a, 10.77.0.2 in NAME-b
#   two-namespaces.sh down NAME     pulls the cable
#   two-namespaces.sh up NAME       plugs it in again
#   two-namespaces.sh remove NAME
set -eu
command=$1
name=$2

case $command in
  make)
    ip netns add "$name-a"
    ip netns add "$name-b"
    ip -n "$name-a" link add veth0 type veth peer name veth0 netns "$name-b"
    ip -n "$name-a" address add 10.77.0.1/24 broadcast + dev veth0
    ip -n "$name-b" address add 10.77.0.2/24 broadcast + dev veth0
    for one in "$name-a" "$name-b"; do
      ip -n "$one" link set lo up
      ip -n "$one" link set veth0 up
    done
    ;;
  down) ip -n "$name-a" link set veth0 down ;;
  up) ip -n "$name-a" link set veth0 up ;;
  remove)
    # The link goes with either of them.
    ip netns delete "$name-a" || true
    ip netns delete "$name-b" || true
    ;;
  *)
    echo "usage: two-namespaces.sh make|down|up|remove NAME" >&2
    exit 2
    ;;
esac
