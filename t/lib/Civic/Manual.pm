package Civic::Manual;

# The pages of docs/ as their readers take them: by the blocks that stand in
# fences, of which tests run the commands and build the code.
#
#     my $guide = Civic::Manual->new('plugin-guide.md');
#     my ($build) = $guide->texts(name => 'build');     # of ```sh build
#     my $script = $guide->shell;                       # of all ```sh
#
# A block's name stands behind the language of its fence, where no reader sees
# it.

use strict;
use warnings;

use Carp qw(croak);

use Civic::Process;

# new(page of docs/, without => qr/a part of its text that is left out/)
sub new {
    my ($class, $page, %arg) = @_;
    my $path = Civic::Process::ROOT . "/docs/$page";
    my @blocks;

    open my $file, '<:utf8', $path or croak "$path: $!";
    my $text = do { local $/; <$file> };
    $text =~ s/$arg{without}// if $arg{without};
    while ($text =~ /^```(\w*) ?([^\n]*)\n(.*?)^```$/msg) {
        push @blocks, { language => $1, name => $2, text => $3 };
    }
    croak "$path: no block" if !@blocks;
    return bless { path => $path, blocks => \@blocks }, $class;
}

# All blocks, { language, name, text }, from top to bottom; or those that are
# so: blocks(language => 'c'), blocks(name => 'build').
sub blocks {
    my ($self, %wanted) = @_;

    return grep {
        my $block = $_;
        !grep { $block->{$_} ne $wanted{$_} } keys %wanted;
    } @{ $self->{blocks} };
}

# Their texts; there must be some.
sub texts {
    my ($self, %wanted) = @_;
    my @found = $self->blocks(%wanted);

    croak "$self->{path}: no block of @{[ %wanted ]}" if !@found;
    return map { $_->{text} } @found;
}

# All that a reader types, as one script; or what has that name.
sub shell {
    my ($self, $name) = @_;

    return join '', $self->texts(language => 'sh',
        defined $name ? (name => $name) : ());
}

1;
