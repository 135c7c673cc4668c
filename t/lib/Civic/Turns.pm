package Civic::Turns;

# What a worker's turns of the event loop were: t/fault/fixtures/loop_turns.c
# is preloaded and counts.
#
#     my $turns = Civic::Turns->new;
#     my $civic = civic($turns->with, plugins => ['login']);
#     $turns->count;    # turns of all workers until now
#     $turns->bytes;    # through sockets in one of them, at most

use strict;
use warnings;

use Civic::Nginx;
use Civic::Process;

use constant MOST => 20_000;    # us, as in loop_turns.c

sub new {
    my ($class) = @_;
    my $folder = Civic::Process::folder() . '/turns';

    mkdir $folder and chmod 0777, $folder or die "$folder: $!";
    return bless { folder => $folder }, $class;
}

sub with {
    my ($self) = @_;

    return (env => { CIVIC_TURNS => $self->{folder} },
        preload => Civic::Nginx::build()
            . '/t/fault/fixtures/loop_turns.so');
}

# Of each worker: [ all => [ turns of n us ... ], bytes => the most ].
sub _workers {
    my ($self) = @_;

    return map {
        open my $file, '<:raw', $_ or die "$_: $!";
        local $/;
        my @numbers = unpack 'L*', <$file>;
        { all => [ @numbers[0 .. MOST] ], bytes => $numbers[2 * MOST + 2] };
    } grep { /\d$/ } glob "$self->{folder}/*";
}

sub count {
    my ($self) = @_;
    my $sum = 0;

    $sum += $_ for map { @{ $_->{all} } } $self->_workers;
    return $sum;
}

sub bytes {
    my ($self) = @_;

    return (sort { $b <=> $a } map { $_->{bytes} } $self->_workers)[0];
}

1;
