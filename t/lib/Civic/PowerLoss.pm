package Civic::PowerLoss;

# A power cut, as near as a test comes to one: t/fault/fixtures/powerloss.so
# notes how much of each file was synced, and a cut leaves no more of it.
#
#     my $store = Civic::Redis->start(env => Civic::PowerLoss::env(), ...);
#     Civic::PowerLoss::cut_store($store);
#     $store->run(0);

use strict;
use warnings;

use File::Basename qw(basename);
use Test::More ();

use Civic::Nginx;
use Civic::Process;

sub shim { return Civic::Nginx::build() . '/t/fault/fixtures/powerloss.so' }

my $synced;

# Where the shim notes it, of all that a file starts.
sub synced { return $synced //= Civic::Process::folder() . '/synced' }

sub env { return { CIVIC_SYNCED => synced(), LD_PRELOAD => shim() } }

# inode => bytes that were synced.
sub _safe_sizes {
    open my $file, '<:raw', synced() or die synced() . ": $!";
    local $/;
    return unpack 'Q*', scalar <$file>;
}

# Cuts what is on the disk to what was synced: how many bytes went.
sub cut {
    my (@paths) = @_;
    my %safe = _safe_sizes();
    my $lost = 0;

    for my $path (@paths) {
        my ($inode, $size) = (stat $path)[ 1, 7 ];
        my $rest = $safe{$inode} // 0;

        next if $rest >= $size;
        truncate $path, $rest or die "$path: $!";
        Test::More::note(basename($path) . ": $size bytes, $rest are left");
        $lost += $size - $rest;
    }
    return $lost;
}

# Redis' machine goes: it stays down.
sub cut_store {
    my ($store) = @_;

    $store->stop(0, 'KILL');
    return cut(glob $store->dir . '/appendonlydir/*');
}

1;
