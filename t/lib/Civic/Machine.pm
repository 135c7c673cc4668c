package Civic::Machine;

# A machine of its own for who follows the manual as root: Debian with nginx,
# which serves a site, and Redis, in namespaces over this one. What is written
# to /etc, /usr and /var, and who listens where, is nobody else's affair, and
# ends with the script.
#
#     my ($status, $said) = Civic::Machine::run($script);
#
# It begins in the clone.

use strict;
use warnings;

use Carp qw(croak);

use Civic::Process;

my $unshare = 'unshare --mount --net --pid --fork --kill-child --mount-proc';

use constant LONGEST => 400;        # s

# Why there can be none here, or nothing.
sub missing {
    return 'only root can make a machine' if $> != 0;
    return 'the kernel gives no namespaces to a container like this'
        if system("$unshare true 2>/dev/null") != 0;
    return 'no "ip": apt-get install iproute2' if !-e '/usr/sbin/ip'
        && !-e '/sbin/ip' && !-e '/bin/ip';
    return;
}

sub run {
    my ($script) = @_;
    my $folder = Civic::Process::folder();
    my $root = Civic::Process::ROOT;

    open my $file, '>:utf8', "$folder/script" or croak "script: $!";
    print {$file} "set -eu\nexec 2>&1\ncd '$root'\n$script";
    close $file or croak "script: $!";
    my $said = `@{[ 'timeout -k 5 ' . LONGEST ]} $unshare '$root/t/lib/machine/start.sh' '$folder' '$folder/script' 2>&1 < /dev/null`;
    my $status = $? >> 8;

    utf8::decode($said);
    return ($status, $said);
}

1;
